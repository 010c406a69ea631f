package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** One thread that does everything by events, and managers that share the work. */
@RdmaTest
class PollTest {
  private static final ConnectionParameters DEFAULTS = ConnectionParameters.defaults();

  @Test
  void shouldServeBothSidesWithOneThread() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionManager manager = ConnectionManager.open();
        ConnectionListener listener = manager.listen(CmFixture.address(0));
        Side left = cm.left();
        Side right = cm.right()) {
      Route route =
          manager.startResolving(listener.localAddress(), AddressOptions.defaults(), Side.PATIENCE);
      assertThrows(
          IllegalStateException.class,
          () -> route.startConnecting(left.pair, DEFAULTS, Side.PATIENCE));
      Connection client = null;
      Connection server = null;
      int established = 0;
      int ended = 0;
      while (ended < 2) {
        ConnectionEvent event = manager.await(Side.PATIENCE).orElseThrow();
        switch (event) {
          case ConnectionEvent.RouteResolved resolved -> {
            assertEquals(route, resolved.source());
            client = route.startConnecting(left.pair, DEFAULTS, Side.PATIENCE);
          }
          case ConnectionEvent.Requested(ConnectionRequest request) -> {
            request.prepare(right.pair);
            right.expect();
            server = request.startAccepting(right.pair, DEFAULTS, Side.PATIENCE);
          }
          case ConnectionEvent.Established(Connection connection) -> {
            assertTrue(connection == client || connection == server);
            if (++established == 2) {
              left.send("by events");
              assertEquals("by events", right.receive());
              assertTrue(client != null);
              client.disconnect();
            }
          }
          case ConnectionEvent.Disconnected(Connection connection) -> {
            assertEquals(ConnectionState.DISCONNECTED, connection.state());
            ended++;
          }
          default -> throw new AssertionError("unexpected " + event);
        }
      }
      assertEquals(2, established);
    }
  }

  @Test
  void shouldReportThatNobodyAnswersAtTheDeadline() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left()) {
      Connection connection =
          cm.resolve(listener).startConnecting(left.pair, DEFAULTS, Duration.ofMillis(300));
      assertEquals(Optional.empty(), cm.active.poll());
      ConnectionEvent event = cm.active.await(Side.PATIENCE).orElseThrow();
      ConnectionEvent.Failed failed = assertInstanceOf(ConnectionEvent.Failed.class, event);
      assertEquals(connection, failed.source());
      assertEquals(ConnectionFailure.TIMED_OUT, failed.failure().failure());
      assertEquals(ConnectionState.FAILED, connection.state());
      connection.close();
      assertEquals(ConnectionState.CLOSED, connection.state());
      assertTrue(listener.await(Side.PATIENCE).isPresent());
    }
  }

  @Test
  void shouldReturnAfterTheTimeoutOrAWakeUp() throws Exception {
    try (CmFixture cm = new CmFixture()) {
      long start = System.nanoTime();
      assertEquals(Optional.empty(), cm.active.await(Duration.ofMillis(50)));
      assertTrue(System.nanoTime() - start >= 50_000_000);
      CompletableFuture<Optional<ConnectionEvent>> awaiting =
          CmFixture.start(() -> cm.active.await(Side.PATIENCE));
      Thread.sleep(100);
      cm.active.wakeup();
      assertEquals(Optional.empty(), awaiting.get(10, TimeUnit.SECONDS));
      cm.active.wakeup();
      assertEquals(Optional.empty(), cm.active.await(Side.PATIENCE));
    }
  }

  @Test
  void shouldLetManyThreadsWaitForTheirOwnOutcome() throws Exception {
    int count = 6;
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen()) {
      CompletableFuture<Integer> serving =
          CmFixture.start(
              () -> {
                int served = 0;
                while (served < count) {
                  Side right = cm.right();
                  listener
                      .await(Side.PATIENCE)
                      .orElseThrow()
                      .accept(right.pair, DEFAULTS, Side.PATIENCE);
                  served++;
                }
                return served;
              });
      java.util.List<CompletableFuture<Connection>> connecting = new java.util.ArrayList<>();
      for (int i = 0; i < count; i++) {
        connecting.add(
            CmFixture.start(
                () -> cm.resolve(listener).connect(cm.left().pair, DEFAULTS, Side.PATIENCE)));
      }
      for (CompletableFuture<Connection> each : connecting) {
        assertEquals(ConnectionState.CONNECTED, each.get(30, TimeUnit.SECONDS).state());
      }
      assertEquals(count, serving.get(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void shouldMoveAConnectionToAnotherManager() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionManager other = ConnectionManager.open();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      CompletableFuture<Connection> accepting =
          CmFixture.start(
              () -> {
                ConnectionRequest request = listener.await(Side.PATIENCE).orElseThrow();
                request.moveTo(other);
                assertEquals(other, request.manager());
                return request.accept(right.pair, DEFAULTS, Side.PATIENCE);
              });
      Connection client = cm.resolve(listener).connect(left.pair, DEFAULTS, Side.PATIENCE);
      Connection server = accepting.get();
      assertEquals(other, server.manager());
      CompletableFuture<Boolean> ending =
          CmFixture.start(() -> client.awaitDisconnect(Side.PATIENCE));
      Thread.sleep(100);
      client.moveTo(other);
      cm.active.close();
      cm.passive.close();
      assertTrue(client.isOpen());
      server.disconnect();
      assertTrue(ending.get(30, TimeUnit.SECONDS));
    }
  }
}
