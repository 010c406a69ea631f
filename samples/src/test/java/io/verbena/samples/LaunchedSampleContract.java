package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import io.verbena.ChildJvm.Ended;
import io.verbena.collective.launch.Launchers;
import io.verbena.collective.launch.Launchers.Launcher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A sample under the launchers of clusters: the program that {@code run} starts, as it is. */
@Timeout(value = 4, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class LaunchedSampleContract {
  private final Launchers launchers = new Launchers();
  private final String rdma;

  @TempDir private Path folder;

  LaunchedSampleContract(String rdma) {
    this.rdma = rdma;
  }

  abstract Stream<Launcher> launchers();

  @AfterAll
  void endThem() throws Exception {
    launchers.end();
  }

  @ParameterizedTest
  @MethodSource("launchers")
  void shouldComputeWhatOneProcessComputes(Launcher launcher) throws Exception {
    ProcessBuilder heat =
        ChildJvm.of(Main.class, "sample", "heat", "--rdma", rdma, "--size", "30", "--steps", "50");
    Ended ended = launchers.run(launcher, heat.directory(folder.toFile()));
    assertEquals(0, ended.status(), ended.said());
    assertTrue(
        ended
            .said()
            .contains(
                ": " + launcher.ranks() + " ranks over " + (rdma.equals("off") ? "TCP" : "RDMA")),
        ended.said());
    assertTrue(ended.said().contains("the result is that of one process"), ended.said());
    assertTrue(Files.exists(folder.resolve("heat.png")), ended.said());
  }
}
