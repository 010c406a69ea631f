package io.verbena.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.benchmarks.Agreement.Row;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgreementTest {
  private static Row row(String collective, String way, long bytes, long measured, long simulated) {
    return new Row(4, collective, way, bytes, List.of(2 * measured, measured, 1L), simulated);
  }

  /**
   * Scan is chosen as it should be; broadcast nearly, reduce not at all; the barrier has one way.
   */
  private static final Agreement AGREEMENT =
      new Agreement(
          List.of(
              row("barrier", "only", 0, 1000, 1000),
              row("scan", "linear", 8, 1000, 500),
              row("scan", "doubling", 8, 4000, 4000),
              row("broadcast", "chain", 4096, 115_000, 100_000),
              row("broadcast", "binomial", 4096, 100_000, 101_000),
              row("reduce", "chain", 4096, 300_000, 100_000),
              row("reduce", "binomial", 4096, 200_000, 200_000)));

  @Test
  void shouldKeepTheMedianAndAllThatWasMeasured() {
    assertEquals(
        "scan\tlinear\t8\t4\t500\t1000\t2000\t1000\t1", row("scan", "linear", 8, 1000, 500).line());
  }

  @Test
  void shouldCountHowOftenTheFastestIsFound() {
    assertEquals(
        List.of(
            "| bytes | choices | the fastest | within 10 % of it | within 20 % |",
            "|---|---|---|---|---|",
            "| 8 B | 1 | 1 | 1 | 1 |",
            "| 4 KiB | 2 | 0 | 0 | 1 |",
            "| all | 3 | 1 | 1 | 2 |",
            "",
            "- 4 ranks, reduce, 4 KiB: chain by simulation, but binomial is 1.50 times as fast"),
        AGREEMENT.choices());
  }

  @Test
  void shouldSayWhereTheRatiosLie() {
    List<String> lines = AGREEMENT.ratios();
    assertEquals("| 4 | 8 B | 2 | 1.50 | 1.00-2.00 | 1.00-2.00 |", lines.get(3));
    assertEquals("| 4 | 4 KiB | 4 | 1.08 | 1.00-3.00 | 0.99-3.00 |", lines.get(4));
    assertEquals("| all | all | 7 | 1.00 | 1.00-2.00 | 0.99-3.00 |", lines.get(5));
  }

  @Test
  void shouldHaveALineForEachWay() {
    List<String> lines = AGREEMENT.text();
    assertTrue(lines.contains("| | 0 B | 8 B | 4 KiB |"), lines::toString);
    assertTrue(lines.contains("| scan linear | | 1.0 µs, 2.00 | |"), lines::toString);
    assertTrue(lines.contains("| reduce chain | | | 300.0 µs, 3.00 |"), lines::toString);
  }
}
