package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.verbs.QueuePairState;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The unusual ways in which a connection ends. */
@RdmaTest
class EndOfConnectionTest {
  private static final ConnectionParameters DEFAULTS = ConnectionParameters.defaults();

  /** The kernel sends these only when packets get lost at the right moment: made by hand. */
  @ParameterizedTest
  @ValueSource(
      ints = {CmEvent.CONNECT_ERROR, CmEvent.UNREACHABLE, CmEvent.REJECTED, CmEvent.TIMEWAIT_EXIT})
  void shouldEndAnEstablishedConnectionThatThePeerTakesBack(int type) throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      Connection client = cm.connect(listener, left, right).client();
      assertEquals(ConnectionState.CONNECTED, client.state());
      cm.active.lock();
      try {
        client.handle(
            new CmEvent(type, 0, MemorySegment.NULL, 0, 0, PrivateData.none(), null, null));
      } finally {
        cm.active.unlock();
      }
      ConnectionEvent first = cm.active.await(Side.PATIENCE).orElseThrow();
      assertEquals(new ConnectionEvent.Disconnected(client), first);
      assertEquals(ConnectionState.DISCONNECTED, client.state());
      assertEquals(QueuePairState.ERR, left.pair.state());
      if (type == CmEvent.TIMEWAIT_EXIT) {
        assertEquals(
            new ConnectionEvent.TimeWaitEnded(client),
            cm.active.await(Side.PATIENCE).orElseThrow());
      }
    }
  }

  @Test
  void shouldEndWhenBothSidesDisconnectAtOnce() throws Exception {
    for (int round = 0; round < 5; round++) {
      try (CmFixture cm = new CmFixture();
          ConnectionListener listener = cm.listen();
          Side left = cm.left();
          Side right = cm.right()) {
        CmFixture.Ends ends = cm.connect(listener, left, right);
        CompletableFuture<Boolean> ending =
            CmFixture.start(
                () -> {
                  ends.server().disconnect();
                  return ends.server().awaitDisconnect(Side.PATIENCE);
                });
        ends.client().disconnect();
        assertTrue(ends.client().awaitDisconnect(Side.PATIENCE));
        assertTrue(ending.get(30, TimeUnit.SECONDS));
      }
    }
  }

  @Test
  void shouldTellThatThePeerOfARequestWentAway() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      Connection client = cm.resolve(listener).startConnecting(left.pair, DEFAULTS, Side.PATIENCE);
      ConnectionRequest request = listener.await(Side.PATIENCE).orElseThrow();
      client.close();
      // No event says so: the peer's rejection only has to arrive.
      Thread.sleep(1000);
      ConnectionException e =
          assertThrows(
              ConnectionException.class, () -> request.accept(right.pair, DEFAULTS, Side.PATIENCE));
      assertEquals(ConnectionFailure.DISCONNECTED, e.failure(), e.toString());
      assertTrue(e.getMessage().contains("went away"), e.getMessage());
    }
  }

  @Test
  void shouldNotWaitForTheEndOfWhatDidNotComeAbout() throws Exception {
    try (CmFixture cm = new CmFixture();
        Side left = cm.left()) {
      Connection connection =
          cm.active
              .resolve(CmFixture.address(4), Side.PATIENCE)
              .startConnecting(left.pair, DEFAULTS, Side.PATIENCE);
      assertTrue(connection.awaitDisconnect(Side.PATIENCE));
      assertEquals(ConnectionState.FAILED, connection.state());
      assertInstanceOf(ConnectionEvent.Failed.class, cm.active.await(Side.PATIENCE).orElseThrow());
    }
  }
}
