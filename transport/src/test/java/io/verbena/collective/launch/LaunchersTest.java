package io.verbena.collective.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.ChildJvm;
import io.verbena.ChildJvm.Ended;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The launchers that clusters have, as they are. With {@code -Dverbena.launchers.required=true},
 * which {@code ./verbena test} sets, one that is not installed is a failure.
 */
@Timeout(value = 4, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LaunchersTest {
  private static final int RANKS = 3;

  private static @Nullable SlurmCluster cluster;

  /** How to start {@link #RANKS} processes, and by which way they hear of each other. */
  record Launcher(String way, List<String> command) {
    boolean isOfSlurm() {
      return command.getFirst().equals("srun");
    }

    /** Names that are looked for on the path. */
    List<String> programs() {
      return isOfSlurm() ? SlurmCluster.PROGRAMS : command.subList(0, 1);
    }
  }

  static Stream<Launcher> launchers() {
    String ranks = Integer.toString(RANKS);
    return Stream.of(
        new Launcher(
            "PMIx",
            List.of("mpirun.openmpi", "--allow-run-as-root", "--oversubscribe", "-np", ranks)),
        new Launcher("PMI-1", List.of("mpiexec.hydra", "-n", ranks)),
        new Launcher("PMIx", List.of("srun", "--mpi=pmix", "--kill-on-bad-exit", "-n", ranks)),
        new Launcher("PMI-1", List.of("srun", "--mpi=pmi2", "--kill-on-bad-exit", "-n", ranks)));
  }

  private static void requireInstalled(Launcher launcher) {
    List<String> missing =
        launcher.programs().stream().filter(program -> !isInstalled(program)).toList();
    String what = "not installed: " + String.join(", ", missing);
    if (Boolean.getBoolean("verbena.launchers.required")) {
      assertEquals(List.of(), missing, what);
    }
    assumeTrue(missing.isEmpty(), what);
    if (launcher.isOfSlurm()) {
      assumeTrue("root".equals(System.getProperty("user.name")), "Slurm's daemons need root");
    }
  }

  private static boolean isInstalled(String program) {
    // Daemons are where the path of an ordinary user does not lead.
    return Stream.concat(
            Stream.of("/usr/sbin"), Stream.of(System.getenv("PATH").split(File.pathSeparator, -1)))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  private static Ended run(Launcher launcher, String... arguments) throws Exception {
    requireInstalled(launcher);
    List<String> command = new ArrayList<>(launcher.command());
    command.addAll(ChildJvm.of(WhoProgram.class, arguments).command());
    var builder = new ProcessBuilder(command);
    if (launcher.isOfSlurm()) {
      if (cluster == null) {
        cluster = SlurmCluster.start();
      }
      builder.environment().putAll(cluster.environment());
    }
    return ChildJvm.run(builder);
  }

  @AfterAll
  static void endSlurm() throws Exception {
    if (cluster != null) {
      cluster.end();
    }
  }

  @ParameterizedTest
  @MethodSource("launchers")
  void shouldTellEverybodyWhoTheOthersAre(Launcher launcher) throws Exception {
    Ended outcome = run(launcher);
    assertEquals(0, outcome.status(), outcome.said());
    List<String> lines = outcome.said().lines().toList();
    for (int rank = 0; rank < RANKS; rank++) {
      String line =
          "%s %d of 3; value of 0; value of 1; value of 2".formatted(launcher.way(), rank);
      assertTrue(lines.contains(line), outcome.said());
    }
  }

  @ParameterizedTest
  @MethodSource("launchers")
  void shouldNameWhoDidNotCome(Launcher launcher) throws Exception {
    Ended outcome = run(launcher, "1");
    assertNotEquals(0, outcome.status());
    assertTrue(
        outcome.said().contains("missing [1]: 1 of 3 processes did not come within 8 s: rank 1"),
        outcome.said());
  }
}
