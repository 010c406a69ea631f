package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.SharedReceiveQueue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What two sides ask for, and what they get. */
@RdmaTest
class NegotiationTest {
  private static final ConnectionParameters DEFAULTS = ConnectionParameters.defaults();

  private static CompletableFuture<Connection> accept(
      ConnectionListener listener, QueuePair pair, ConnectionParameters parameters) {
    return CmFixture.start(
        () -> listener.await(Side.PATIENCE).orElseThrow().accept(pair, parameters, Side.PATIENCE));
  }

  @Test
  void shouldNotRetryMoreOftenThanTheAcceptingSideWants() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      CompletableFuture<Connection> accepting =
          accept(listener, right.pair, DEFAULTS.withRetryCount(2));
      cm.resolve(listener).connect(left.pair, DEFAULTS.withRetryCount(5), Side.PATIENCE);
      Connection server = accepting.get();
      assertEquals(5, server.peer().orElseThrow().retryCount());
      assertEquals(2, right.pair.snapshot().retryCount());
      assertEquals(5, left.pair.snapshot().retryCount());
    }
  }

  @Test
  void shouldAnnounceNoMoreReadsThanThePeerServes() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      CompletableFuture<Connection> accepting =
          accept(listener, right.pair, DEFAULTS.withInitiatorDepth(50));
      Connection client =
          cm.resolve(listener)
              .connect(
                  left.pair,
                  DEFAULTS.withResponderResources(1).withInitiatorDepth(2),
                  Side.PATIENCE);
      accepting.get();
      PeerParameters announced = client.peer().orElseThrow();
      assertEquals(1, announced.responderResources());
      assertEquals(2, announced.initiatorDepth());
      assertEquals(1, right.pair.snapshot().maxReadAtomic());
      assertEquals(2, right.pair.snapshot().maxServedReadAtomic());
      assertEquals(2, left.pair.snapshot().maxReadAtomic());
    }
  }

  @Test
  void shouldRefuseMoreThanTheDeviceCanBeforeItConnects() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Route route = cm.resolve(listener)) {
      int most = left.domain.context().attributes().maxReadAtomic();
      assertTrue(most < ConnectionParameters.DEVICE_MAXIMUM - 1, "the device can " + most);
      ConnectionParameters tooMany = DEFAULTS.withResponderResources(most + 1);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> route.connect(left.pair, tooMany, Side.PATIENCE));
      assertTrue(e.getMessage().contains("the device can " + most), e.getMessage());
      assertTrue(route.isOpen());
    }
  }

  @Test
  void shouldTellThePeerOfASharedReceiveQueue() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right();
        SharedReceiveQueue shared = left.domain.createSharedReceiveQueue(8, 1);
        QueuePair pair =
            left.domain.createQueuePair(
                QueuePairConfig.reliable(left.queue)
                    .withSendDepth(8)
                    .withSharedReceiveQueue(shared))) {
      CompletableFuture<Connection> accepting = accept(listener, right.pair, DEFAULTS);
      Connection client = cm.resolve(listener).connect(pair, DEFAULTS, Side.PATIENCE);
      assertTrue(accepting.get().peer().orElseThrow().sharedReceiveQueue());
      assertFalse(client.peer().orElseThrow().sharedReceiveQueue());
    }
  }
}
