package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.TwoHostTest;
import io.verbena.verbs.Completions;
import io.verbena.verbs.QueuePairState;
import io.verbena.verbs.WorkStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The peer's host loses its link: no event ever says so, and whatever waits ends at the deadline
 * that it was given. The peer is told what to do by another network.
 */
@TwoHostTest
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class SilentPeerTest {
  private static final Duration SILENCE = Duration.ofSeconds(8);
  private static final Duration DEADLINE = Duration.ofSeconds(2);
  private static final long SLACK_MILLIS = 5000;

  /** 4.3 s to each retry: the queue pair does not give up before the link is back. */
  private static final AddressOptions PATIENT = AddressOptions.defaults().withAckTimeout(20);

  private static CmPeer peer() throws IOException {
    return new CmPeer(
        new InetSocketAddress(
            System.getenv("TESTBED_PEER_CONTROL_ADDRESS"),
            Integer.getInteger("verbena.cm.peer.port", 7481)));
  }

  @Test
  void shouldHearNothingAndEndByItsOwnDeadlines() throws Exception {
    try (CmPeer peer = peer();
        ConnectionManager manager = ConnectionManager.open()) {
      CmPeer.Client client = peer.connect(manager, PATIENT);
      Route route = manager.resolve(peer.address, Side.PATIENCE);
      Side second = new Side(route.context());
      peer.shell("ip link set eth0 down");
      try {
        client.side().post("are you there?");
        long start = System.nanoTime();
        ConnectionException e =
            assertThrows(
                ConnectionException.class,
                () -> route.connect(second.pair, ConnectionParameters.defaults(), DEADLINE));
        shouldHaveTaken(DEADLINE, start);
        assertEquals(ConnectionFailure.TIMED_OUT, e.failure(), e.toString());
        assertTrue(e.getMessage().contains("deadline"), e.getMessage());

        start = System.nanoTime();
        assertFalse(client.connection().awaitDisconnect(SILENCE));
        shouldHaveTaken(SILENCE, start);
        assertTrue(manager.poll().isEmpty());
        assertEquals(ConnectionState.CONNECTED, client.connection().state());
        assertEquals(QueuePairState.RTS, client.side().pair.state());
        assertFalse(client.side().queue.await(Duration.ZERO), "the peer's link is not down");
      } finally {
        peer.shell("ip link set eth0 up");
      }
      Completions done = client.side().next();
      assertEquals(WorkStatus.SUCCESS, done.status());
      client.connection().disconnect();
      assertTrue(client.connection().awaitDisconnect(Side.PATIENCE));
    }
  }

  @Test
  void shouldEndAConnectionWithoutThePeersAnswer() throws Exception {
    try (CmPeer peer = peer();
        ConnectionManager manager = ConnectionManager.open()) {
      CmPeer.Client client = peer.connect(manager, PATIENT);
      peer.shell("ip link set eth0 down");
      try {
        long start = System.nanoTime();
        client.connection().disconnect();
        shouldHaveTaken(Duration.ZERO, start);
        assertEquals(WorkStatus.FLUSHED, client.side().next().status());
        start = System.nanoTime();
        assertFalse(client.connection().awaitDisconnect(DEADLINE));
        shouldHaveTaken(DEADLINE, start);
        assertEquals(ConnectionState.DISCONNECTING, client.connection().state());
        start = System.nanoTime();
        client.connection().close();
        shouldHaveTaken(Duration.ZERO, start);
      } finally {
        peer.shell("ip link set eth0 up");
      }
    }
  }

  private static void shouldHaveTaken(Duration duration, long start) {
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    long atLeast = duration.toMillis();
    assertTrue(
        millis >= atLeast && millis < atLeast + SLACK_MILLIS,
        () -> "took " + millis + " ms, not " + atLeast);
  }
}
