package io.verbena.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Lines, beside those of OSU's programs. */
class OsuFormatTest {
  @Test
  void shouldHaveTheColumnsOfTheirs() {
    OsuFormat format = new OsuFormat(Exercise.ALL_REDUCE);
    String titles = format.titles("Avg Latency(us)", "Min Latency(us)", "Max Latency(us)");
    assertEquals(
        "# Size       Avg Latency(us)   Min Latency(us)   Max Latency(us)  Iterations",
        titles + OsuFormat.count("Iterations"));
    assertEquals(
        "65536                 123.46              1.00          98765.40        1000",
        format.row(65536, 123.456, 1, 98765.4) + OsuFormat.count(1000));
  }

  @Test
  void shouldHaveNoSizeWhereTheirsHasNone() {
    OsuFormat format = new OsuFormat(Exercise.BARRIER);
    assertTrue(format.heading("Verbena").startsWith("# Verbena Barrier Latency Test v"));
    assertEquals("# Avg Latency(us)", format.titles("Avg Latency(us)"));
    assertEquals("             1.68", format.row(0, 1.68));
  }

  @Test
  void shouldShowComparisonsOfTheSameKindTogether() {
    List<String> lines =
        OsuPlace.lines(
            List.of(
                comparison(new OsuPlace(2, Exercise.LATENCY, 8, false), 30, 40),
                comparison(new OsuPlace(2, Exercise.ALL_REDUCE, 8, true), 10, 11),
                comparison(new OsuPlace(2, Exercise.STREAM, 1 << 20, false), 20_000, 32_000),
                new Comparison("of another kind", "C", "ns"),
                comparison(new OsuPlace(2, Exercise.ALL_REDUCE, 65536, true), 100, 90)));
    assertEquals(
        List.of(
            "# Size           Verbena(us)      Open MPI(us)",
            "8                      15.00             20.00",
            "# Size           Verbena(us)      Open MPI(us)",
            "8                      10.00             11.00",
            "65536                 100.00             90.00",
            "# Size         Verbena(MB/s)    Open MPI(MB/s)",
            "1048576              3355.44           2097.15"),
        lines.stream()
            .filter(line -> !line.isEmpty() && !line.contains("Test v"))
            .filter(line -> !line.startsWith("# Ranks: 2"))
            .toList());
    assertEquals(3, lines.stream().filter(line -> line.contains("Verbena and Open MPI")).count());
  }

  private static Comparison comparison(OsuPlace place, double ours, double theirs) {
    Comparison comparison = new Comparison("any", "Open MPI", "us");
    comparison.place(place);
    comparison.add(ours, theirs);
    return comparison;
  }
}
