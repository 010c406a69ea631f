package io.verbena.benchmarks;

import io.verbena.benchmarks.Agreement.Row;
import io.verbena.collective.Calibration;
import io.verbena.collective.Forecast;
import io.verbena.collective.Forecast.Way;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Holds the simulator against measurements on a slow network that is made for it. */
@Command(
    name = "measure",
    sortOptions = false,
    description = {
      "Measures collectives between processes on this machine, and simulates the same.",
      "Each gets a network namespace with an adapter that the kernel slows down; what",
      "the simulator knows of it is measured between two ranks alone. Needs root,",
      "iproute2 and five minutes; what it says is in docs/scale.md."
    })
final class MeasureCommand implements Callable<Integer> {
  private static final List<Long> SIZES = List.of(8L, 4L << 10, 64L << 10, 1L << 20);
  private static final List<Long> BLOCK_SIZES = List.of(8L, 4L << 10, 64L << 10);
  private static final List<Integer> PINGS = List.of(8, 4 << 10, 64 << 10, 1 << 20);

  /** Until code is compiled and connections know how fast they are. */
  private static final int WARM_UPS = 100;

  private static final int TIMES = 15;
  private static final int FEW = 16;
  private static final int MANY = 64;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "Where measured.md and measured.tsv go (${DEFAULT-VALUE}).")
  private Path folder = Path.of("docs", "plots");

  @Option(
      names = "--ranks",
      split = ",",
      paramLabel = "RANKS",
      description = "How many take part (${DEFAULT-VALUE}).")
  private List<Integer> ranks = List.of(4, 8);

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "COLLECTIVE",
      description = "What to measure: all of them if not given.")
  private List<String> only = Forecast.collectives();

  @Option(
      names = "--rate",
      paramLabel = "MEGABITS",
      description = "What an adapter sends in a second, and receives (${DEFAULT-VALUE}).")
  private int megabits = 50;

  @Option(
      names = "--times",
      paramLabel = "N",
      description = "How often each is measured (${DEFAULT-VALUE}).")
  private int times = 7;

  @SuppressWarnings("unused") // picocli acts on it
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  @Override
  public Integer call() throws IOException {
    Machine machine = Machine.current();
    System.err.println("on " + machine);
    if (machine.isBusy()) {
      System.err.println("others keep this machine busy: short messages will wait for them");
    }
    List<Row> rows = new ArrayList<>();
    List<String> text = new ArrayList<>();
    text.add("# What was simulated, and what was measured");
    text.add("");
    try (NetworkedRanks asked = NetworkedRanks.start(Collections.max(ranks), megabits)) {
      Calibration network = calibrate(asked);
      System.err.println(network);
      text.add(
          "By `./verbena perf simulation measure`, as [scale.md](../scale.md) says. Adapters of %d Mbit/s; fitted: %s."
              .formatted(megabits, network));
      for (int count : ranks) {
        asked.ask("group " + count);
        for (String collective : only) {
          rows.addAll(measure(count, collective, asked, network));
        }
      }
      text.add("Measured on %s.".formatted(machine));
      text.add("Segments that TCP sent again: %d.".formatted(asked.retransmitted()));
    }
    text.add("");
    text.addAll(new Agreement(rows).text());
    text.forEach(System.out::println);
    Files.createDirectories(folder);
    Files.write(folder.resolve("measured.md"), text);
    Files.write(folder.resolve("measured.tsv"), rows.stream().map(Row::line).toList());
    return 0;
  }

  /** Between two ranks alone. */
  private static Calibration calibrate(NetworkedRanks asked) throws IOException {
    for (int i = 0; i < WARM_UPS; i++) {
      asked.ask("ping 8");
      asked.ask("stream 8 " + MANY);
    }
    TreeMap<Integer, Double> oneWay = new TreeMap<>();
    for (int bytes : PINGS) {
      oneWay.put(bytes, medians(asked, "ping " + bytes)[0]);
    }
    double[] few = medians(asked, "stream 8 " + FEW);
    double[] many = medians(asked, "stream 8 " + MANY);
    double[] kernels = medians(asked, "kernels");
    System.err.println("one way, ns by bytes: " + oneWay);
    double interval = (many[1] - few[1]) / (MANY - FEW);
    return Calibration.of(oneWay, many[0] / MANY, interval, kernels[0], kernels[1]);
  }

  private static double[] medians(NetworkedRanks asked, String what) throws IOException {
    double[][] columns = new double[2][TIMES];
    for (int i = 0; i < TIMES; i++) {
      String[] numbers = asked.ask(what).split(" ", -1);
      for (int column = 0; column < numbers.length; column++) {
        columns[column][i] = Double.parseDouble(numbers[column]);
      }
    }
    return new double[] {Comparison.median(columns[0]), Comparison.median(columns[1])};
  }

  private List<Row> measure(int count, String collective, NetworkedRanks asked, Calibration network)
      throws IOException {
    List<Row> rows = new ArrayList<>();
    List<Way> ways = Forecast.ways(collective);
    for (long bytes : sizes(collective)) {
      for (int number = 0; number < ways.size(); number++) {
        asked.ask("prepare %s %d %d".formatted(collective, number, bytes));
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < times; i++) {
          nanos.add(asked.run());
        }
        Way way = ways.get(number);
        double simulated = network.nanos(way, count, bytes);
        rows.add(new Row(count, collective, way.name(), bytes, nanos, simulated));
      }
    }
    System.err.println("%d ranks, %s".formatted(count, collective));
    return rows;
  }

  private static List<Long> sizes(String collective) {
    if (collective.equals("barrier")) {
      return List.of(0L);
    }
    return Forecast.isOfBlocks(collective) ? BLOCK_SIZES : SIZES;
  }
}
