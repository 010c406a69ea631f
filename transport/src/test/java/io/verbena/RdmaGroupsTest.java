package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** So many endpoints that their lanes do not share one completion queue any more. */
@RdmaTest
@Timeout(240)
class RdmaGroupsTest {
  /** More than the first group of lanes has places. */
  private static final int COUNT = 9;

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
  void shouldServeThoseWhoWaitBesideACallerThatLooks() throws Exception {
    open(Progress.THREAD);
    Endpoint first = clients.getFirst();
    Endpoint itsPeer = servers.getFirst();
    Future<?> pings =
        start(
            () -> {
              for (int i = 0; i < 2000; i++) {
                first.send(EndpointPair.number(i));
                assertEquals(i, take(first));
              }
              return null;
            });
    Future<?> echo =
        start(
            () -> {
              for (int i = 0; i < 2000; i++) {
                itsPeer.send(EndpointPair.number(take(itsPeer)));
              }
              return null;
            });
    int answers = 0;
    while (!pings.isDone()) {
      // In another group of lanes: the answer comes through its completion queue.
      servers.getLast().send(EndpointPair.number(answers));
      assertEquals(answers, take(clients.getLast()));
      // The client's side answers, though nobody waits for anything there.
      servers.getLast().flush();
      answers++;
    }
    pings.get(10, TimeUnit.SECONDS);
    echo.get(10, TimeUnit.SECONDS);
    assertTrue(answers > 0);
  }
}
