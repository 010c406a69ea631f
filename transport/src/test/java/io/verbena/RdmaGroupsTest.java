package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import io.verbena.lane.rdma.RdmaHub;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** So many endpoints that their lanes do not share one completion queue any more. */
@RdmaTest
@Timeout(240)
class RdmaGroupsTest {
  /** More than the first group of lanes has places. */
  private static final int COUNT = RdmaHub.FIRST_GROUP + 1;

  /** More than a poll takes in one go. */
  private static final int WAITING = 70;

  private static final long LAST = -1;

  private final List<Endpoint> clients = new ArrayList<>();
  private final List<Endpoint> servers = new ArrayList<>();
  private final List<AutoCloseable> transports = new ArrayList<>();

  private void open(Progress progress) throws IOException {
    TransportConfig config = EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED);
    Transport client = Transport.open(config.withProgress(progress));
    transports.add(client);
    Transport server = Transport.open(config);
    transports.add(server);
    try (Listener listener = server.listen(EndpointPair.anyPort())) {
      for (int i = 0; i < COUNT; i++) {
        clients.add(client.connect(listener.address()));
        servers.add(listener.accept());
      }
    }
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : transports) {
      each.close();
    }
  }

  private static Future<?> start(Callable<?> task) {
    var future = new FutureTask<>(task);
    Thread.ofPlatform().daemon().start(future);
    return future;
  }

  private static long take(Endpoint endpoint) throws TransportException {
    ByteBuf message = endpoint.receive();
    try {
      return message.readLong();
    } finally {
      message.release();
    }
  }

  @Test
  void shouldKeepWhatAPeerSentBeforeItWentThoughOnlyOthersArePolled() throws Exception {
    open(Progress.CALLER);
    Endpoint last = clients.getLast();
    // Its first poll, from which on its connection is watched.
    assertEquals(0, last.poll());
    servers.getLast().send(EndpointPair.number(77));
    servers.getLast().close();
    TransportException nothing =
        assertThrows(
            TransportException.class, () -> clients.getFirst().receive(Duration.ofSeconds(2)));
    assertEquals(Kind.TIMEOUT, nothing.kind());
    assertEquals(77, take(last));
    TransportException end = assertThrows(TransportException.class, last::receive);
    assertEquals(Kind.PEER_CLOSED, end.kind(), end.getMessage());
  }

  @Test
  void shouldKeepWhatAPeerSentBeforeItWentThoughMuchFromOthersCameFirst() throws Exception {
    open(Progress.CALLER);
    int leaving = RdmaHub.FIRST_GROUP - 1;
    for (Endpoint each : clients) {
      assertEquals(0, each.poll());
    }
    int waiting = 0;
    for (int number = 0; waiting < WAITING; number++) {
      for (int i = 0; i < leaving; i++, waiting++) {
        assertTrue(servers.get(i).trySend(EndpointPair.number(number)), "they would not all wait");
      }
    }
    servers.get(leaving).send(EndpointPair.number(77));
    servers.get(leaving).close();
    // In another group of lanes, where nothing comes: of the first it only sees that a peer went.
    TransportException nothing =
        assertThrows(
            TransportException.class, () -> clients.getLast().receive(Duration.ofSeconds(2)));
    assertEquals(Kind.TIMEOUT, nothing.kind());
    assertEquals(77, take(clients.get(leaving)));
    TransportException end =
        assertThrows(TransportException.class, () -> take(clients.get(leaving)));
    assertEquals(Kind.PEER_CLOSED, end.kind(), end.getMessage());
    for (int i = 0; i < leaving; i++) {
      for (int number = 0; number < waiting / leaving; number++) {
        assertEquals(number, take(clients.get(i)));
      }
    }
  }

  @Test
  void shouldServeThoseWhoWaitBesideACallerThatLooks() throws Exception {
    open(Progress.THREAD);
    Endpoint first = clients.getFirst();
    Endpoint itsPeer = servers.getFirst();
    var over = new AtomicBoolean();
    Future<?> pings =
        start(
            () -> {
              long rounds = 0;
              for (; !over.get(); rounds++) {
                first.send(EndpointPair.number(rounds));
                assertEquals(rounds, take(first));
              }
              first.send(EndpointPair.number(LAST));
              return rounds;
            });
    Future<?> echo =
        start(
            () -> {
              for (long number = take(itsPeer); number != LAST; number = take(itsPeer)) {
                itsPeer.send(EndpointPair.number(number));
              }
              return null;
            });
    for (int answers = 0; answers < 50; answers++) {
      // In another group of lanes: the answer comes through its completion queue.
      servers.getLast().send(EndpointPair.number(answers));
      assertEquals(answers, take(clients.getLast()));
      // The client's side answers, though nobody waits for anything there.
      servers.getLast().flush();
    }
    over.set(true);
    assertTrue((Long) pings.get(30, TimeUnit.SECONDS) > 0, "there was nobody who looked");
    echo.get(30, TimeUnit.SECONDS);
  }
}
