package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.verbs.QueuePairState;
import io.verbena.verbs.WorkStatus;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The process of a peer is killed: its kernel says so, before any request goes unanswered. */
@RdmaTest
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class KilledPeerTest {
  private static final AddressOptions OPTIONS = AddressOptions.defaults();

  @Test
  void shouldTellWhoWaitsAtOnceAndLeaveTheQueuePairOfWhoDoesNotLook() throws Exception {
    try (ChildProgram program = new ChildProgram(CmPeerProgram.class, "0");
        CmPeer peer =
            new CmPeer(
                new InetSocketAddress(
                    InetAddress.getLoopbackAddress(), Integer.parseInt(program.line())));
        ConnectionManager attentive = ConnectionManager.open();
        ConnectionManager careless = ConnectionManager.open()) {
      CmPeer.Client watched = peer.connect(attentive, OPTIONS);
      CmPeer.Client ignored = peer.connect(careless, OPTIONS);
      CompletableFuture<Boolean> waiting =
          CmFixture.start(() -> watched.connection().awaitDisconnect(Side.PATIENCE));
      assertEquals(ConnectionState.CONNECTED, watched.connection().state());
      assertFalse(waiting.isDone());

      program.kill();
      long killed = System.nanoTime();
      assertTrue(waiting.get(30, TimeUnit.SECONDS));
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed);
      assertTrue(took < 5000, "took " + took + " ms");
      shouldHaveEnded(watched);

      // Returns when the event is there, and does not take it.
      careless.channel().sleep((int) Side.PATIENCE.toMillis());
      assertFalse(ignored.side().queue.await(Duration.ofSeconds(1)));
      assertEquals(QueuePairState.RTS, ignored.side().pair.state());
      assertTrue(ignored.connection().awaitDisconnect(Duration.ZERO));
      shouldHaveEnded(ignored);
    }
  }

  private static void shouldHaveEnded(CmPeer.Client client) throws Exception {
    assertEquals(ConnectionState.DISCONNECTED, client.connection().state());
    assertEquals(QueuePairState.ERR, client.side().pair.state());
    assertEquals(WorkStatus.FLUSHED, client.side().next().status());
  }
}
