package io.verbena.collective.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.verbena.ChildJvm;
import io.verbena.ChildJvm.Ended;
import io.verbena.collective.launch.Launchers.Launcher;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 4, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LaunchersTest {
  private static final int RANKS = 3;

  private static final Launchers LAUNCHERS = new Launchers();

  static Stream<Launcher> launchers() {
    return Launchers.of(RANKS);
  }

  @AfterAll
  static void endThem() throws Exception {
    LAUNCHERS.end();
  }

  /** With Slurm's PMIx there is no way: its plugin ends the others. */
  static Stream<Arguments> waysToGoOn() {
    String ranks = Integer.toString(RANKS);
    return Stream.of(
        arguments(
            "kill",
            new Launcher(
                "PMIx",
                RANKS,
                List.of(
                    "mpirun.openmpi",
                    "--allow-run-as-root",
                    "--oversubscribe",
                    "--enable-recovery",
                    "-np",
                    ranks))),
        // Hydra tells of it by a signal that ends a JVM, and gives up itself if it was a signal.
        arguments(
            "exit",
            new Launcher(
                "PMI-1",
                RANKS,
                List.of(
                    "mpiexec.hydra",
                    "-disable-auto-cleanup",
                    "-n",
                    ranks,
                    "sh",
                    "-c",
                    "trap '' USR1; exec \"$@\"",
                    "sh"))),
        arguments(
            "kill",
            new Launcher(
                "PMI-1",
                RANKS,
                List.of("srun", "--mpi=pmi2", "--no-kill", "--kill-on-bad-exit=0", "-n", ranks))));
  }

  @ParameterizedTest
  @MethodSource("launchers")
  void shouldTellEverybodyWhoTheOthersAre(Launcher launcher) throws Exception {
    Ended outcome = LAUNCHERS.run(launcher, ChildJvm.of(WhoProgram.class));
    assertEquals(0, outcome.status(), outcome.said());
    List<String> lines = outcome.said().lines().toList();
    for (int rank = 0; rank < RANKS; rank++) {
      String line =
          "%s %d of 3; value of 0; value of 1; value of 2".formatted(launcher.way(), rank);
      assertTrue(lines.contains(line), outcome.said());
    }
  }

  /** Under all of them at once, because each time the others wait for long. */
  @Test
  void shouldNameWhoDidNotCome() throws Exception {
    Map<Launcher, Process> started = new LinkedHashMap<>();
    try {
      for (Launcher each : launchers().filter(Launchers::isUsable).toList()) {
        started.put(each, LAUNCHERS.start(each, ChildJvm.of(WhoProgram.class, "1")));
      }
      assumeFalse(started.isEmpty(), "no launcher is installed");
      for (Map.Entry<Launcher, Process> each : started.entrySet()) {
        Ended outcome = ChildJvm.end(each.getValue());
        String said = each.getKey() + " said: " + outcome.said();
        assertNotEquals(0, outcome.status(), said);
        assertTrue(
            said.contains("missing [1]: 1 of 3 processes did not come within 8 s: rank 1"), said);
      }
    } finally {
      started.values().forEach(Process::destroyForcibly);
    }
  }

  @ParameterizedTest
  @MethodSource("waysToGoOn")
  void shouldLeaveTheOthersAloneIfAskedTo(String end, Launcher launcher) throws Exception {
    Ended outcome = LAUNCHERS.run(launcher, ChildJvm.of(SurvivorProgram.class, "1", end));
    for (int rank : List.of(0, 2)) {
      assertTrue(outcome.said().contains("rank %d: 2 left, sum 2".formatted(rank)), outcome.said());
    }
  }
}
