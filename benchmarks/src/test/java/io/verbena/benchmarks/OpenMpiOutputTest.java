package io.verbena.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the programs of both sides print is understood. */
class OpenMpiOutputTest {
  @Test
  void shouldReadNamesSizesAndTimes() {
    String text =
        """
        # barrier
        # Size          Latency (us)
        0                7.05
        # all-reduce
        # Size          Latency (us)
        65536            23.09
        # all-reduce
        # Size          Latency (us)
        4194304          1064.23
        """;
    assertEquals(
        Map.of("barrier 0", 7.05, "all-reduce 65536", 23.09, "all-reduce 4194304", 1064.23),
        OpenMpiArea.parse(text));
  }
}
