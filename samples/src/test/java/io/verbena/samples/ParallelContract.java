package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The samples of several processes, as users start them: the result is that of one process. */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ParallelContract {
  private final String rdma;
  private final int ranks;

  @TempDir private Path folder;

  ParallelContract(String rdma, int ranks) {
    this.rdma = rdma;
    this.ranks = ranks;
  }

  /** Names and options of samples. */
  abstract List<Arguments> samples();

  @ParameterizedTest
  @MethodSource("samples")
  void shouldComputeWhatOneProcessComputes(String name, String options) throws Exception {
    List<String> words =
        new ArrayList<>(List.of("run", "-n", Integer.toString(ranks), name, "--rdma", rdma));
    words.addAll(List.of(options.split(" ")));
    Child run = run(words);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().startsWith("[0] "), run.out());
    assertTrue(run.out().contains(ranks + " ranks over "), run.out());
    assertTrue(run.out().endsWith("the result is that of one process\n"), run.out());
    assertEquals(name.equals("heat"), Files.exists(folder.resolve("heat.png")));
  }

  Child run(List<String> words) throws Exception {
    return Child.run(folder, ChildJvm.of(Main.class, words.toArray(String[]::new)));
  }
}
