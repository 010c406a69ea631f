package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import io.verbena.verbs.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The programs of the guide to the transport do what the guide says, over whatever link it is. In a
 * process of its own: it records what is connected in its process.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TransportTourTest {
  static void shouldTakeTheTourOverRdma(boolean rdma, Path folder) throws Exception {
    Child outcome = Child.run(folder, ChildJvm.of(Main.class, "sample", "transport-tour"));
    assertEquals("", outcome.err());
    assertEquals(0, outcome.status(), outcome.out());
    String link = rdma ? "RDMA " : "TCP ";
    assertTrue(outcome.out().startsWith(link), outcome.out());
    List<String> lines = outcome.out().lines().toList();
    assertEquals(rdma, lines.stream().noneMatch(line -> line.startsWith("this side: ")));
    // Both sides of three connections: the first, that of close and that of reset.
    assertEquals(
        6,
        lines.stream().filter(line -> line.startsWith("recorded: " + link)).count(),
        outcome.out());
    for (String line :
        List.of(
            "the answer: 42",
            "parts: 1 2",
            "nothing yet; the endpoint is OPEN",
            "written, says the peer: 100",
            "a message: after that",
            "read: from the page",
            "the lock is mine",
            "ticket 0",
            "the owner sees 1",
            "4 messages, 7 ops",
            "endpoints: 2",
            // What the verbs refuse breaks the queue pair; over TCP only the operation fails.
            "REMOTE_ACCESS, the endpoint is " + (rdma ? "FAILED" : "OPEN"),
            "PEER_CLOSED: the peer closed the endpoint",
            "PEER_LOST: the peer's process ended or closed the connection",
            "spun")) {
      assertTrue(lines.contains(line), line + " in " + outcome.out());
    }
    assertTrue(
        lines.indexOf("written, says the peer: 100") < lines.indexOf("a message: after that"));
  }

  private static boolean hasDevice() {
    try {
      return !Device.list().isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void shouldTakeTheTour(@TempDir Path folder) throws Exception {
    shouldTakeTheTourOverRdma(hasDevice(), folder);
  }
}
