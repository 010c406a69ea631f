package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.TransportException.Kind;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** An operation that is under way, and does not end because the peer does not answer. */
@Timeout(60)
class OperationMisuseTest {
  private static final RemoteMemory INVENTED = new RemoteMemory(0x1000, 4096, 0, 1);
  private final Operation pending = new Operation();
  private Transport transport;
  private RawPeer peer;
  private Endpoint waiting;
  private Endpoint client;
  private Endpoint server;

  @BeforeEach
  void connect() throws IOException {
    transport = Transport.open(EndpointPair.PATIENT.withRdma(RdmaMode.OFF));
    try (Listener listener = transport.listen(EndpointPair.anyPort())) {
      peer = RawPeer.connect(listener.address());
      waiting = listener.accept();
      client = transport.connect(listener.address());
      server = listener.accept();
    }
    assertTrue(waiting.tryFetchAdd(INVENTED, 0, 1, pending));
  }

  @AfterEach
  void disconnect() throws IOException {
    peer.close();
    waiting.reset();
    transport.close();
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseASecondUseAndGoOn() throws IOException {
    RegisteredMemory memory = transport.allocate(64);
    var busy = IllegalStateException.class;
    return Misuse.tests(
        List.of(
            Misuse.of("add again", busy, () -> waiting.tryFetchAdd(INVENTED, 0, 1, pending)),
            Misuse.of(
                "use for another sort",
                busy,
                () -> waiting.tryRead(memory, 0, INVENTED, 0, 8, pending)),
            Misuse.of("flush with it", busy, () -> waiting.tryFlush(pending)),
            Misuse.of("use at another endpoint", busy, () -> client.tryFlush(pending)),
            Misuse.of("ask for its result", busy, pending::result),
            Misuse.of(
                "await for no duration",
                NullPointerException.class,
                () -> pending.await(Misuse.nothing())),
            Misuse.of("await a moment", Kind.TIMEOUT, () -> pending.await(Duration.ofMillis(10))),
            Misuse.of(
                "await less than no time", Kind.TIMEOUT, () -> pending.await(Duration.ofDays(-1)))),
        () -> {
          assertFalse(pending.isDone());
          Misuse.requireExchange(client, server);
        });
  }

  @Test
  void shouldServeAgainWhenItHasFailed() throws Exception {
    CompletableFuture<Long> future = pending.toFuture();
    waiting.reset();
    var failure = assertThrows(ExecutionException.class, future::get);
    assertEquals(Kind.CLOSED, ((TransportException) failure.getCause()).kind());
    assertEquals(Kind.CLOSED, assertThrows(TransportException.class, pending::await).kind());
    RemoteMemory granted = transport.allocate(64).grant(RemoteAccess.ATOMIC);
    assertTrue(client.tryFetchAdd(granted, 0, 5, pending));
    assertEquals(0, pending.await(Duration.ofSeconds(Long.MAX_VALUE)));
    assertEquals(5, client.fetchAdd(granted, 0, 0).await());
  }

  /** One of them starts it; the others are told, and the endpoint does not suffer. */
  @Test
  void shouldBeStartedByOneOfSeveralThreads() throws Exception {
    for (int round = 0; round < 50; round++) {
      var contended = new Operation();
      var together = new CyclicBarrier(4);
      var started = new AtomicInteger();
      var refused = new AtomicInteger();
      List<CompletableFuture<Void>> threads = new ArrayList<>();
      for (int i = 0; i < together.getParties(); i++) {
        threads.add(
            MessageContract.async(
                () -> {
                  together.await();
                  try {
                    assertTrue(waiting.tryFetchAdd(INVENTED, 0, 1, contended));
                    started.incrementAndGet();
                  } catch (IllegalStateException e) {
                    refused.incrementAndGet();
                  }
                }));
      }
      for (var each : threads) {
        each.get();
      }
      assertEquals(1, started.get());
      assertEquals(3, refused.get());
    }
    assertEquals(EndpointState.OPEN, waiting.state());
  }
}
