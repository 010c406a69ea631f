package io.verbena.verbs;

import static io.verbena.verbs.RemotePeer.FOR_EVER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import io.verbena.RdmaTest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * What a queue pair notices when the process of its peer is stopped, and then killed. One process
 * for all tests: it takes long to start.
 */
@RdmaTest
@Timeout(value = 2, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PeerProcessTest {
  /** 67 ms to the first retry. */
  private static final int TIMEOUT = 14;

  private static final Duration SILENCE = Duration.ofSeconds(3);

  private static Process program;
  private static InetSocketAddress address;

  @BeforeAll
  static void start() throws IOException {
    program = ChildJvm.of(PeerProgram.class, "0").start();
    String said =
        new BufferedReader(new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8))
            .readLine();
    address =
        new InetSocketAddress(
            InetAddress.getLoopbackAddress(), Integer.parseInt(said.substring("port ".length())));
  }

  @AfterAll
  static void stop() {
    program.destroyForcibly();
  }

  @Test
  @Order(1)
  void shouldWriteToAStoppedPeerButNotReachItsProgram() throws Exception {
    try (RemotePeer peer = new RemotePeer(address, TIMEOUT, FOR_EVER)) {
      shouldBeConnected(peer);
      signal("STOP", "T");
      peer.write(8, 2);
      assertEquals(WorkStatus.SUCCESS, peer.done().status());
      // No receive is posted, and who would do that is stopped.
      peer.pair.sends().signaled().send(3, peer.region, 0, 8).submit();
      assertTrue(peer.isSilent(SILENCE));
      assertEquals(QueuePairState.RTS, peer.pair.state());
      signal("CONT", "SR");
      assertEquals(2, peer.peek(8));
      peer.receive(1);
      assertEquals(WorkStatus.SUCCESS, peer.done().status());
    }
  }

  @Test
  @Order(2)
  void shouldGiveUpOnAKilledPeerWhenItsRetriesAreOverAndNeverWithSeven() throws Exception {
    try (RemotePeer peer = new RemotePeer(address, TIMEOUT, 6);
        RemotePeer patient = new RemotePeer(address, TIMEOUT, FOR_EVER)) {
      shouldBeConnected(peer);
      shouldBeConnected(patient);
      kill();
      long start = System.nanoTime();
      peer.write(8, 2);
      patient.write(8, 2);
      assertEquals(WorkStatus.RETRY_EXCEEDED, peer.done().status());
      // Seven times 67 ms, which devices may stretch, but not cut short by much.
      long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
      assertTrue(millis >= 350, "gave up after " + millis + " ms");
      assertEquals(QueuePairState.ERR, peer.pair.state());

      // Devices differ in what seven retries are; soft-RoCE takes them for no limit.
      if (patient.context.device().name().startsWith("rxe")) {
        assertTrue(patient.isSilent(SILENCE));
        assertEquals(QueuePairState.RTS, patient.pair.state());
        patient.pair.modify(new QueuePairTransition.ToError());
        assertEquals(WorkStatus.FLUSHED, patient.done().status());
      }
    }
  }

  private static void shouldBeConnected(RemotePeer peer) throws IOException {
    peer.write(0, 1);
    assertEquals(WorkStatus.SUCCESS, peer.done().status());
    assertEquals(1, peer.peek(0));
  }

  private static void kill() throws InterruptedException {
    program.destroyForcibly();
    assertTrue(program.waitFor(20, TimeUnit.SECONDS), "the peer does not die");
  }

  /** Sends a signal and waits until the kernel says that the process is in one of these states. */
  private static void signal(String name, String states) throws Exception {
    String pid = String.valueOf(program.pid());
    assertEquals(0, new ProcessBuilder("kill", "-" + name, pid).start().waitFor());
    long deadline = System.nanoTime() + LoopbackPair.PATIENCE.toNanos();
    while (!states.contains(state(pid))) {
      assertTrue(System.nanoTime() < deadline, () -> name + " does nothing");
      Thread.sleep(10);
    }
  }

  private static String state(String pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", pid, "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).substring(0, 1);
  }
}
