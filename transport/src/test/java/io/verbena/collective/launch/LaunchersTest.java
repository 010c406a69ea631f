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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The launchers that clusters have, as they are. */
@Timeout(value = 4, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LaunchersTest {
  private static final int RANKS = 3;

  /** How to start {@link #RANKS} processes, and by which way they hear of each other. */
  record Launcher(String way, List<String> command) {
    boolean isInstalled() {
      return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
          .anyMatch(folder -> Files.isExecutable(Path.of(folder, command.getFirst())));
    }
  }

  static Stream<Launcher> launchers() {
    return Stream.of(
        new Launcher(
            "PMIx",
            List.of("mpirun.openmpi", "--allow-run-as-root", "--oversubscribe", "-np", "" + RANKS)),
        new Launcher("PMI-1", List.of("mpiexec.hydra", "-n", "" + RANKS)));
  }

  private static Ended run(Launcher launcher, String... arguments) throws Exception {
    assumeTrue(launcher.isInstalled(), launcher.command().getFirst() + " is not installed");
    List<String> command = new ArrayList<>(launcher.command());
    command.addAll(ChildJvm.of(WhoProgram.class, arguments).command());
    return ChildJvm.run(new ProcessBuilder(command));
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
