package io.verbena.verbs;

import static io.verbena.verbs.RemotePeer.FOR_EVER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.verbena.TwoHostTest;
import io.verbena.verbs.LoopbackPair.Done;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a queue pair notices when the network between two hosts fails; told by another network. */
@TwoHostTest
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class LinkFaultTest {
  private static final int TIMEOUT = 14;
  private static final Duration SILENCE = Duration.ofSeconds(3);

  /** What a request becomes that cannot leave: devices differ. */
  private static final Set<WorkStatus> DEAD_LINK =
      EnumSet.of(WorkStatus.LOCAL_QP_ERROR, WorkStatus.RETRY_EXCEEDED, WorkStatus.RESPONSE_TIMEOUT);

  private static RemotePeer peer(int retryCount) throws IOException {
    InetSocketAddress program =
        new InetSocketAddress(
            System.getenv("TESTBED_PEER_CONTROL_ADDRESS"),
            Integer.getInteger("verbena.peer.port", 7480));
    RemotePeer peer = new RemotePeer(program, TIMEOUT, retryCount);
    peer.write(0, 1);
    assertEquals(WorkStatus.SUCCESS, peer.done().status());
    assertEquals(1, peer.peek(0));
    return peer;
  }

  @Test
  void shouldLoseItsQueuePairsWithItsLink() throws Exception {
    try (RemotePeer peer = peer(6)) {
      AsyncEvents events = peer.context.events();
      try (GuestLink link = GuestLink.of(peer)) {
        link.down();
        await(events, new AsyncEvent.OfPort(AsyncEventType.PORT_ERROR, peer.port));
        peer.write(8, 2);
        Done done = peer.done();
        assertTrue(DEAD_LINK.contains(done.status()), done::toString);
        assertEquals(QueuePairState.ERR, peer.pair.state());
      }
      await(events, new AsyncEvent.OfPort(AsyncEventType.PORT_ACTIVE, peer.port));
      assertEquals(QueuePairState.ERR, peer.pair.state());
      peer.write(8, 3);
      assertEquals(WorkStatus.FLUSHED, peer.done().status());
    }
    peer(6).close();
  }

  private static void await(AsyncEvents events, AsyncEvent wanted) throws VerbsException {
    long deadline = System.nanoTime() + LoopbackPair.PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      if (events.await(Duration.ofSeconds(1)).filter(wanted::equals).isPresent()) {
        return;
      }
    }
    fail("there was no " + wanted);
  }

  @Test
  void shouldGiveUpWhenThePeerHasLostItsLinkAndNeverWithSevenRetries() throws Exception {
    try (RemotePeer peer = peer(6);
        RemotePeer patient = peer(FOR_EVER)) {
      peer.shell("ip link set eth0 down");
      try {
        peer.write(8, 2);
        assertEquals(WorkStatus.RETRY_EXCEEDED, peer.done().status());
        assertEquals(PortState.ACTIVE, peer.context.port(peer.port).state());
        patient.write(8, 3);
        assertTrue(patient.isSilent(SILENCE));
        assertEquals(QueuePairState.RTS, patient.pair.state());
      } finally {
        peer.shell("ip link set eth0 up");
      }
      assertEquals(WorkStatus.SUCCESS, patient.done().status());
      assertEquals(3, patient.peek(8));
    }
  }

  @Test
  void shouldDeliverEverythingThroughSomeLoss() throws Exception {
    try (RemotePeer peer = peer(FOR_EVER);
        Loss loss = new Loss(3)) {
      int end = 32 * 1024;
      for (int i = 1; i <= 40; i++) {
        peer.region.memory().set(ValueLayout.JAVA_LONG, end - 8, i);
        assertTrue(
            peer.pair
                .sends()
                .signaled()
                .write(i, peer.region, 0, end, peer.remoteAddress, peer.rkey)
                .submit());
        Done done = peer.done();
        assertEquals(i, done.id());
        assertEquals(WorkStatus.SUCCESS, done.status());
      }
      assertEquals(40, peer.peek(end - 8));
      assertTrue(loss.dropped() > 0, "nothing was lost");
    }
  }

  @Test
  void shouldGiveUpWhenEverythingIsLost() throws Exception {
    try (RemotePeer peer = peer(6)) {
      try (Loss loss = new Loss(100)) {
        peer.write(8, 2);
        assertEquals(WorkStatus.RETRY_EXCEEDED, peer.done().status());
        assertTrue(loss.dropped() > 0, "nothing was lost");
      }
      assertEquals(QueuePairState.ERR, peer.pair.state());
      assertFalse(peer.peek(8) == 2);
    }
  }

  /** Packets that this host sends by the RDMA interface get lost until this is closed. */
  private static final class Loss implements AutoCloseable {
    Loss(int percent) throws IOException {
      run("tc", "qdisc", "add", "dev", "eth0", "root", "netem", "loss", percent + "%");
    }

    /** How many, as the kernel says. */
    long dropped() throws IOException {
      String said = run("tc", "-s", "qdisc", "show", "dev", "eth0");
      return Long.parseLong(said.replaceAll("(?s).*dropped (\\d+).*", "$1"));
    }

    @Override
    public void close() throws IOException {
      run("tc", "qdisc", "del", "dev", "eth0", "root");
    }

    private static String run(String... command) throws IOException {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      try {
        assertEquals(0, process.waitFor(), () -> String.join(" ", command) + ": " + said);
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      return said;
    }
  }
}
