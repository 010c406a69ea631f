package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaDevice;
import io.verbena.RdmaTest;
import io.verbena.verbs.QueuePairState;
import io.verbena.verbs.WorkStatus;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Connections: made, refused, ended. */
@RdmaTest
class ConnectTest {
  private static final ConnectionParameters DEFAULTS = ConnectionParameters.defaults();

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void shouldCarryMessagesAndPrivateDataBothWays() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side right = cm.right()) {
      CompletableFuture<Connection> accepting =
          CmFixture.start(
              () -> {
                ConnectionRequest request = listener.await(Side.PATIENCE).orElseThrow();
                assertArrayEquals(ascii("hello"), request.privateData().content().orElseThrow());
                assertEquals(56, request.privateData().length());
                assertEquals(RdmaDevice.find().name(), request.device().name());
                assertEquals(listener.localAddress(), request.localAddress());
                assertEquals(7, request.peer().orElseThrow().rnrRetryCount());
                assertEquals(6, request.peer().orElseThrow().retryCount());
                request.prepare(right.pair);
                right.expect();
                return request.accept(
                    right.pair,
                    DEFAULTS.withPrivateData(PrivateData.raw(ascii("welcome"))),
                    Side.PATIENCE);
              });
      try (Route route = cm.resolve(listener);
          Side left = new Side(route.context())) {
        assertEquals(RdmaDevice.find().name(), route.device().name());
        assertEquals(1, route.port());
        route.prepare(left.pair);
        left.expect();
        Connection client =
            route.connect(
                left.pair,
                DEFAULTS.withPrivateData(PrivateData.sized(ascii("hello"))),
                Side.PATIENCE);
        Connection server = accepting.get();
        assertEquals(ConnectionState.CONNECTED, client.state());
        assertEquals(ConnectionState.CONNECTED, server.state());
        assertEquals(196, client.privateData().length());
        assertArrayEquals(
            ascii("welcome\0"), java.util.Arrays.copyOf(client.privateData().bytes(), 8));
        assertTrue(client.privateData().content().isEmpty());
        assertEquals(right.pair.number(), client.peer().orElseThrow().queuePairNumber());
        assertEquals(left.pair.number(), server.peer().orElseThrow().queuePairNumber());
        assertEquals(QueuePairState.RTS, left.pair.state());
        assertEquals(QueuePairState.RTS, right.pair.state());
        left.send("from the left");
        assertEquals("from the left", right.receive());
        right.send("from the right");
        assertEquals("from the right", left.receive());
        assertThrows(IllegalStateException.class, route::device);
        client.close();
        assertTrue(server.awaitDisconnect(Side.PATIENCE));
      }
    }
  }

  @Test
  void shouldTellWhyAPeerSaidNo() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left()) {
      CompletableFuture<Void> rejecting =
          CmFixture.start(
              () -> {
                listener
                    .await(Side.PATIENCE)
                    .orElseThrow()
                    .reject(PrivateData.sized(ascii("full")));
                return null;
              });
      Route route = cm.resolve(listener);
      ConnectionException e =
          assertThrows(
              ConnectionException.class, () -> route.connect(left.pair, DEFAULTS, Side.PATIENCE));
      rejecting.get();
      assertEquals(ConnectionFailure.REJECTED, e.failure());
      assertEquals(28, e.status());
      assertEquals("RDMA_CM_EVENT_REJECTED", e.call());
      assertArrayEquals(ascii("full"), e.privateData().content().orElseThrow());
      assertFalse(route.isOpen());
    }
  }

  @Test
  void shouldTellThatNobodyListens() throws Exception {
    try (CmFixture cm = new CmFixture();
        Side left = cm.left()) {
      Route route = cm.active.resolve(CmFixture.address(4), Side.PATIENCE);
      ConnectionException e =
          assertThrows(
              ConnectionException.class, () -> route.connect(left.pair, DEFAULTS, Side.PATIENCE));
      assertEquals(ConnectionFailure.NO_LISTENER, e.failure());
      assertEquals(8, e.status());
      assertTrue(e.getMessage().contains("listen"), e.getMessage());
    }
  }

  @Test
  void shouldTellThatAHostIsAbsent() throws Exception {
    byte[] absent = CmFixture.address(0).getAddress().getAddress();
    absent[3] = (byte) 0xfa;
    InetSocketAddress address = new InetSocketAddress(InetAddress.getByAddress(absent), 4791);
    try (CmFixture cm = new CmFixture()) {
      long start = System.nanoTime();
      ConnectionException e =
          assertThrows(
              ConnectionException.class, () -> cm.active.resolve(address, Duration.ofMillis(1500)));
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertTrue(took >= 1400 && took < 10_000, "took " + took + " ms");
      assertEquals(ConnectionFailure.NO_ADDRESS, e.failure(), e.toString());
      assertEquals(-110, e.status(), e.toString());
    }
  }

  @Test
  void shouldTellThatNoDeviceLeadsThere() throws Exception {
    try (CmFixture cm = new CmFixture()) {
      ConnectionException e =
          assertThrows(
              ConnectionException.class,
              () ->
                  cm.active.resolve(
                      new InetSocketAddress(InetAddress.getLoopbackAddress(), 4), Side.PATIENCE));
      assertEquals(ConnectionFailure.NO_DEVICE, e.failure(), e.toString());
      assertEquals(-19, e.status());
    }
  }

  @Test
  void shouldGiveUpAtItsOwnDeadlineWhenNobodyAnswers() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left()) {
      Route route = cm.resolve(listener);
      long start = System.nanoTime();
      ConnectionException e =
          assertThrows(
              ConnectionException.class,
              () -> route.connect(left.pair, DEFAULTS, Duration.ofMillis(700)));
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertEquals(ConnectionFailure.TIMED_OUT, e.failure());
      assertTrue(took >= 700 && took < 5000, "took " + took + " ms");
      // The listener did get the request: it was only not answered.
      assertTrue(listener.await(Side.PATIENCE).isPresent());
    }
  }

  @Test
  void shouldNoticeThatThePeerDisconnects() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      CmFixture.Ends ends = cm.connect(listener, left, right);
      right.expect();
      assertFalse(ends.server().awaitDisconnect(Duration.ofMillis(100)));
      ends.client().disconnect();
      ends.client().disconnect();
      assertTrue(ends.server().awaitDisconnect(Side.PATIENCE));
      assertTrue(ends.client().awaitDisconnect(Side.PATIENCE));
      assertEquals(ConnectionState.DISCONNECTED, ends.server().state());
      assertEquals(QueuePairState.ERR, right.pair.state());
      assertEquals(QueuePairState.ERR, left.pair.state());
      assertEquals(WorkStatus.FLUSHED, right.next().status());
      ends.server().disconnect();
    }
  }

  @Test
  void shouldNoticeThatTheAcceptingSideDisconnects() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      CmFixture.Ends ends = cm.connect(listener, left, right);
      left.expect();
      ends.server().disconnect();
      assertTrue(ends.client().awaitDisconnect(Side.PATIENCE));
      assertEquals(WorkStatus.FLUSHED, left.next().status());
    }
  }

  @Test
  void shouldRejectWhatAClosedListenerHasNotHandedOut() throws Exception {
    try (CmFixture cm = new CmFixture();
        Side left = cm.left()) {
      ConnectionListener listener = cm.listen();
      Route route = cm.resolve(listener);
      CompletableFuture<Connection> connecting =
          CmFixture.start(() -> route.connect(left.pair, DEFAULTS, Side.PATIENCE));
      CompletableFuture<?> waiting = CmFixture.start(() -> listener.await(Side.PATIENCE));
      ConnectionRequest request = (ConnectionRequest) ((java.util.Optional<?>) waiting.get()).get();
      listener.close();
      assertThrows(IllegalStateException.class, () -> listener.await(Duration.ZERO));
      request.close();
      ExecutionException e = assertThrows(ExecutionException.class, connecting::get);
      assertEquals(ConnectionFailure.REJECTED, ((ConnectionException) e.getCause()).failure());
    }
  }

  @Test
  void shouldWakeUpWhoWaitsWhenClosed() throws Exception {
    for (int round = 0; round < 4; round++) {
      try (CmFixture cm = new CmFixture();
          ConnectionListener listener = cm.listen();
          Side left = cm.left()) {
        Route route = cm.resolve(listener);
        CompletableFuture<?> accepting = CmFixture.start(() -> listener.await(Side.PATIENCE));
        CompletableFuture<?> connecting =
            CmFixture.start(
                () -> {
                  assertTrue(listener.isOpen());
                  return route.connect(left.pair, DEFAULTS, Side.PATIENCE);
                });
        accepting.get();
        CompletableFuture<?> awaiting = CmFixture.start(() -> cm.active.await(Side.PATIENCE));
        CompletableFuture<?> second = CmFixture.start(() -> cm.active.await(Side.PATIENCE));
        Thread.sleep(50L * round);
        cm.active.close();
        for (CompletableFuture<?> each : java.util.List.of(connecting, awaiting, second)) {
          ExecutionException e =
              assertThrows(ExecutionException.class, () -> each.get(10, TimeUnit.SECONDS));
          assertEquals(IllegalStateException.class, e.getCause().getClass(), e.toString());
          assertTrue(e.getCause().getMessage().contains("closed"), e.toString());
        }
      }
    }
  }

  @Test
  void shouldSurviveAQueuePairThatIsClosedMeanwhile() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      Route route = cm.resolve(listener);
      Connection connecting = route.startConnecting(left.pair, DEFAULTS, Side.PATIENCE);
      ConnectionRequest request = listener.await(Side.PATIENCE).orElseThrow();
      left.pair.close();
      CompletableFuture<Connection> accepting =
          CmFixture.start(() -> request.accept(right.pair, DEFAULTS, Side.PATIENCE));
      ConnectionEvent event = cm.active.await(Side.PATIENCE).orElseThrow();
      assertEquals(connecting, event.source());
      assertEquals(
          ConnectionFailure.QUEUE_PAIR, ((ConnectionEvent.Failed) event).failure().failure());
      assertEquals(ConnectionState.FAILED, connecting.state());
      ExecutionException e = assertThrows(ExecutionException.class, accepting::get);
      assertEquals(ConnectionException.class, e.getCause().getClass());
    }
  }

  @Test
  void shouldGiveBackDescriptors() throws Exception {
    connectOnce();
    long before = descriptors();
    for (int i = 0; i < 20; i++) {
      connectOnce();
    }
    assertEquals(before, descriptors());
  }

  private static void connectOnce() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      cm.connect(listener, left, right);
    }
  }

  private static long descriptors() throws Exception {
    try (var list = Files.list(Path.of("/proc/self/fd"))) {
      return list.count();
    }
  }
}
