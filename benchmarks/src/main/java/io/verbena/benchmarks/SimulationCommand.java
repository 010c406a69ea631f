package io.verbena.benchmarks;

import io.verbena.collective.Forecast;
import io.verbena.collective.Forecast.Way;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says how long collectives would take on many ranks: pictures, and a table of the fastest. */
@Command(
    name = "simulation",
    sortOptions = false,
    subcommands = MeasureCommand.class,
    description = {
      "Simulates all collectives on up to a million ranks, by all their algorithms.",
      "Takes half an hour and 2 GB of memory; what it says is in docs/scale.md."
    })
final class SimulationCommand implements Callable<Integer> {
  private static final List<Integer> RANKS = List.of(100, 1_000, 10_000, 100_000, 1_000_000);
  private static final List<Long> SIZES = List.of(8L, 4L << 10, 64L << 10, 1L << 20, 4L << 20);

  /** The others would take too long on a million ranks. */
  private static final List<Long> DRAWN_SIZES = List.of(8L, 64L << 10, 4L << 20);

  private static final List<Long> BLOCK_SIZES = List.of(8L, 256L, 4L << 10, 64L << 10);
  private static final List<Long> DRAWN_BLOCK_SIZES = List.of(8L, 4L << 10, 64L << 10);

  /** By how much another way must be faster for the table's to be worth a word. */
  private static final double NEARLY = 1.1;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "Where the pictures, fastest.md and times.tsv go (${DEFAULT-VALUE}).")
  private Path folder = Path.of("docs", "plots");

  @Option(
      names = "--known",
      paramLabel = "FILE",
      description = "A times.tsv: what is in it is not simulated again.")
  private @Nullable Path knownFile;

  @Option(
      names = "--most",
      paramLabel = "RANKS",
      description = "Leaves out what has more ranks (${DEFAULT-VALUE}).")
  private int most = 1_000_000;

  @SuppressWarnings("unused") // picocli acts on it
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** The times of a collective, by size, way and number of ranks. */
  private final Map<Long, Map<String, Map<Integer, Double>>> times = new LinkedHashMap<>();

  /** Nanoseconds, by what comes before them in a line. */
  private final Map<String, Double> known = new LinkedHashMap<>();

  @Override
  public Integer call() throws IOException {
    if (knownFile != null) {
      for (String line : Files.readAllLines(knownFile)) {
        int tab = line.lastIndexOf('\t');
        known.put(line.substring(0, tab), Double.valueOf(line.substring(tab + 1)));
      }
    }
    Files.createDirectories(folder);
    List<String> lines = new ArrayList<>();
    List<String> table =
        new ArrayList<>(
            List.of(
                "# The fastest algorithm",
                "",
                "By simulation, as [scale.md](../scale.md) says. In bold where the choice table"
                    + " takes another one, that takes more than a tenth longer.",
                ""));
    for (String collective : Forecast.collectives()) {
      times.clear();
      simulate(collective, lines);
      new ScalePlot(collective, drawn(collective), times)
          .write(folder.resolve(collective + ".png"));
      table.addAll(rows(collective));
    }
    Files.write(folder.resolve("fastest.md"), table);
    Files.write(folder.resolve("times.tsv"), lines);
    return 0;
  }

  private static List<Long> sizes(String collective) {
    if (collective.equals("barrier")) {
      return List.of(0L);
    }
    return Forecast.isOfBlocks(collective) ? BLOCK_SIZES : SIZES;
  }

  private static List<Long> drawn(String collective) {
    if (collective.equals("barrier")) {
      return List.of(0L);
    }
    return Forecast.isOfBlocks(collective) ? DRAWN_BLOCK_SIZES : DRAWN_SIZES;
  }

  private void simulate(String collective, List<String> lines) {
    for (long bytes : sizes(collective)) {
      for (int ranks : RANKS) {
        boolean isWanted = ranks < 1_000_000 || drawn(collective).contains(bytes);
        if (ranks > most || !isWanted) {
          continue;
        }
        for (Way way : Forecast.ways(collective)) {
          long began = System.nanoTime();
          String what = "%s\t%s\t%d\t%d".formatted(collective, way.name(), bytes, ranks);
          Double before = known.get(what);
          double nanos = before == null ? Forecast.nanos(way, ranks, bytes) : before;
          lines.add(String.format(Locale.ROOT, "%s\t%.0f", what, nanos));
          times
              .computeIfAbsent(bytes, any -> new LinkedHashMap<>())
              .computeIfAbsent(way.name(), any -> new LinkedHashMap<>())
              .put(ranks, nanos);
          System.err.printf(
              Locale.ROOT,
              "%s %s, %d ranks, %s: %s (%.1f s)%n",
              collective,
              way.name(),
              ranks,
              size(bytes),
              time(nanos),
              (System.nanoTime() - began) / 1e9);
        }
      }
    }
  }

  private List<String> rows(String collective) {
    List<String> rows = new ArrayList<>();
    String unit = Forecast.isOfBlocks(collective) ? ", bytes of a block" : "";
    rows.add("## " + collective + unit);
    rows.add("");
    StringBuilder head = new StringBuilder("| ranks |");
    times.keySet().forEach(bytes -> head.append(' ').append(size(bytes)).append(" |"));
    rows.add(head.toString());
    rows.add("|---|" + "---|".repeat(times.size()));
    for (int ranks : RANKS) {
      if (ranks <= most) {
        StringBuilder row = new StringBuilder("| %d |".formatted(ranks));
        times.forEach(
            (bytes, ways) ->
                row.append(' ').append(cell(collective, ranks, bytes, ways)).append(" |"));
        rows.add(row.toString());
      }
    }
    rows.add("");
    return rows;
  }

  private static String cell(
      String collective, int ranks, long bytes, Map<String, Map<Integer, Double>> ways) {
    String fastest = "";
    double least = Double.POSITIVE_INFINITY;
    for (var way : ways.entrySet()) {
      double nanos = way.getValue().getOrDefault(ranks, Double.POSITIVE_INFINITY);
      if (nanos < least) {
        least = nanos;
        fastest = way.getKey();
      }
    }
    if (fastest.isEmpty()) {
      return "";
    }
    String chosen = Forecast.chosen(collective, ranks, bytes);
    Map<Integer, Double> ofChosen = ways.get(chosen);
    double ratio = ofChosen == null ? Double.NaN : ofChosen.getOrDefault(ranks, least) / least;
    String best = fastest + " " + time(least);
    return ratio <= NEARLY
        ? best
        : String.format(Locale.ROOT, "**%s**; chosen: %s, %.1f times", best, chosen, ratio);
  }

  static String size(long bytes) {
    if (bytes < 1 << 10) {
      return bytes + " B";
    }
    return bytes < 1 << 20 ? (bytes >> 10) + " KiB" : (bytes >> 20) + " MiB";
  }

  static String time(double nanos) {
    if (nanos < 1e6) {
      return String.format(Locale.ROOT, "%.1f µs", nanos / 1e3);
    }
    return nanos < 1e9
        ? String.format(Locale.ROOT, "%.1f ms", nanos / 1e6)
        : String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
  }
}
