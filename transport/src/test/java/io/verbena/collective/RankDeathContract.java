package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import io.verbena.RdmaMode;
import io.verbena.collective.launch.RendezvousServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A process that is killed in the midst of collectives: the others hear which one it was, and go on
 * without it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RankDeathContract {
  private static final int SIZE = 4;
  private static final int VICTIM = 2;

  private final RdmaMode mode;

  /** Those in which a rank is killed. */
  abstract List<Collective> collectives();

  RankDeathContract(RdmaMode mode) {
    this.mode = mode;
  }

  @ParameterizedTest
  @MethodSource("collectives")
  @Timeout(120)
  void shouldNameWhoWasKilled(Collective collective) throws Exception {
    List<Process> ranks = new ArrayList<>();
    try (var rendezvous =
        new RendezvousServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "job", SIZE)) {
      for (int rank = 0; rank < SIZE; rank++) {
        ranks.add(start(rank, rendezvous.port(), collective));
      }
      List<BufferedReader> outputs = new ArrayList<>();
      for (Process each : ranks) {
        BufferedReader output = each.inputReader();
        outputs.add(output);
        assertEquals("ready", output.readLine());
      }
      // In the midst of it, not at its first call.
      Thread.sleep(50);
      ranks.get(VICTIM).destroyForcibly();
      for (int rank = 0; rank < SIZE; rank++) {
        if (rank != VICTIM) {
          String said = String.valueOf(outputs.get(rank).readLine());
          assertTrue(said.startsWith("RANK_LOST rank OptionalInt[2]: rank 2 "), said);
          assertEquals("left 3 sum 4", outputs.get(rank).readLine());
          assertTrue(ranks.get(rank).waitFor(30, TimeUnit.SECONDS));
          assertEquals(0, ranks.get(rank).exitValue());
        }
      }
    } finally {
      ranks.forEach(Process::destroyForcibly);
    }
  }

  private Process start(int rank, int port, Collective collective) throws IOException {
    ProcessBuilder builder = ChildJvm.of(RankProgram.class, mode.name(), collective.name(), "1000");
    builder.environment().put("VERBENA_RANK", "" + rank);
    builder.environment().put("VERBENA_SIZE", "" + SIZE);
    builder.environment().put("VERBENA_LAUNCHER", "127.0.0.1:" + port);
    builder.environment().put("VERBENA_JOB", "job");
    return builder.start();
  }
}
