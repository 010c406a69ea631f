package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.collective.launch.Job;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SameChoicesTest {
  private static final ChoiceTable DEFAULTS = ChoiceTable.defaults();
  private static final ChoiceTable CHAIN = DEFAULTS.overriddenBy("mine", "broadcast chain");

  private static List<Future<?>> start(ExecutorService threads, ChoiceTable... tables) {
    List<Job> jobs = LocalJob.ofSize(tables.length);
    List<Future<?>> ranks = new ArrayList<>();
    for (int rank = 0; rank < tables.length; rank++) {
      Job job = jobs.get(rank);
      ChoiceTable table = tables[rank];
      ranks.add(threads.submit(() -> beginAndEnd(job, table)));
    }
    return ranks;
  }

  private static Void beginAndEnd(Job job, ChoiceTable table) throws Exception {
    var config = TransportConfig.defaults().withRdma(RdmaMode.OFF);
    try (Communicator world = Communicator.of(job, config, Duration.ofSeconds(30), table)) {
      world.setTimeout(Duration.ofSeconds(10));
      world.broadcast(Elements.of(new int[1]), 0);
      world.barrier();
    }
    return null;
  }

  @Test
  void shouldSayAtAllRanksWhichOfThemHaveOtherTables() throws Exception {
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      for (Future<?> each : start(threads, DEFAULTS, CHAIN, DEFAULTS, CHAIN)) {
        var failure = assertThrows(ExecutionException.class, each::get).getCause();
        var differ = assertInstanceOf(CollectiveException.class, failure);
        assertEquals(CollectiveException.Kind.CHOICES_DIFFER, differ.kind());
        assertEquals(
            "ranks do not choose algorithms alike (%016x at ranks 0, 2, %016x at ranks 1, 3): give all of them the same file in VERBENA_CHOICES, and the same version of Verbena"
                .formatted(DEFAULTS.mark(), CHAIN.mark()),
            differ.getMessage());
      }
    }
  }

  @Test
  void shouldBeginWhereAllRanksHaveTheSameTable() throws Exception {
    ChoiceTable written = DEFAULTS.overriddenBy("theirs", "# chains\n broadcast  chain # always\n");
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      for (Future<?> each : start(threads, CHAIN, written)) {
        each.get();
      }
    }
  }

  @Test
  void shouldMarkTablesByTheirLines() {
    assertEquals(DEFAULTS.mark(), ChoiceTable.parse("copy", DEFAULTS.toString()).mark());
    assertEquals(
        DEFAULTS.overriddenBy("mine", "broadcast chain bytes=1024").mark(),
        DEFAULTS.overriddenBy("theirs", "broadcast chain bytes=1KiB").mark());
    assertNotEquals(
        DEFAULTS.overriddenBy("mine", "broadcast chain segment=1KiB").mark(),
        DEFAULTS.overriddenBy("theirs", "broadcast chain segment=2KiB").mark());
  }
}
