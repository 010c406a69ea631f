package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests that nobody takes. */
@RdmaTest
class ListenerTest {
  private static final ConnectionParameters DEFAULTS = ConnectionParameters.defaults();

  @Test
  void shouldRejectWhatIsBeyondTheBacklog() throws Exception {
    AddressOptions options = AddressOptions.defaults();
    List<Side> sides = new ArrayList<>();
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.passive.listen(CmFixture.address(0), options, 2)) {
      for (int i = 0; i < 2; i++) {
        connect(cm, listener, sides);
        awaitRequests(cm, listener, i + 1);
      }
      Connection third = connect(cm, listener, sides);
      ConnectionEvent.Failed failed = awaitFailure(cm);
      assertEquals(third, failed.source());
      assertEquals(ConnectionFailure.REJECTED, failed.failure().failure());
      assertEquals(2, cm.passive.events().requests(listener));
      listener.await(Side.PATIENCE).orElseThrow().close();
      assertEquals(ConnectionFailure.REJECTED, awaitFailure(cm).failure().failure());
      connect(cm, listener, sides);
      awaitRequests(cm, listener, 2);
    } finally {
      sides.forEach(Side::close);
    }
  }

  private static Connection connect(CmFixture cm, ConnectionListener listener, List<Side> sides)
      throws Exception {
    Side side = cm.left();
    sides.add(side);
    return cm.resolve(listener).startConnecting(side.pair, DEFAULTS, Side.PATIENCE);
  }

  /** Takes them from the kernel, whose own count then begins anew, but not from the manager. */
  private static boolean drain(CmFixture cm) throws Exception {
    cm.passive.lock();
    try {
      return cm.passive.drain();
    } finally {
      cm.passive.unlock();
    }
  }

  private static void awaitRequests(CmFixture cm, ConnectionListener listener, int count)
      throws Exception {
    long deadline = System.nanoTime() + Side.PATIENCE.toNanos();
    while (cm.passive.events().requests(listener) < count) {
      assertTrue(System.nanoTime() < deadline, "no request came");
      drain(cm);
      Thread.sleep(5);
    }
  }

  private static ConnectionEvent.Failed awaitFailure(CmFixture cm) throws Exception {
    long deadline = System.nanoTime() + Side.PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      drain(cm);
      var event = cm.active.await(Duration.ofMillis(5));
      if (event.isPresent()) {
        return (ConnectionEvent.Failed) event.get();
      }
    }
    throw new AssertionError("the request was not rejected");
  }

  @Test
  void shouldRefuseABacklogInWhichNothingCanWait() throws Exception {
    try (CmFixture cm = new CmFixture()) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> cm.passive.listen(CmFixture.address(0), AddressOptions.defaults(), 0));
      assertTrue(e.getMessage().contains("at least 1"), e.getMessage());
    }
  }
}
