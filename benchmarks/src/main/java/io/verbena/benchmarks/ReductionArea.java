package io.verbena.benchmarks;

import io.verbena.collective.ReduceFloats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The reductions of collectives against {@code MemorySegment.copy} and the C library's memcpy; of
 * the two the faster counts. Every measurement is a fresh JVM of JMH's, all three in turn.
 */
final class ReductionArea implements Area {
  private static final double MOST_RATIO = 1.2;

  private static final List<String> JVM =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow", // JMH's own
          "--add-modules=jdk.incubator.vector",
          "-Dio.netty.noUnsafe=true",
          "-Dio.netty.leakDetection.level=disabled");

  /** A way of summing and what is copied; the bar is for what is to be as fast as memory. */
  private record Row(String name, String ours, String theirs, boolean hasBar) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("float sum to a copy of as many bytes", "sum", "AsManyBytes", true),
          new Row("float sum to a copy of one vector", "sum", "OneVector", false),
          new Row("without Vector API to as many bytes", "sumOfTiles", "AsManyBytes", false),
          new Row("plain loop to as many bytes", "sumOfElements", "AsManyBytes", false));

  /** The bytes of a vector, and how they are called. */
  private record Size(String name, int bytes) {}

  private static final List<Size> SIZES =
      List.of(
          new Size("4 KiB", 4 << 10),
          new Size("64 KiB", 64 << 10),
          new Size("1 MiB", 1 << 20),
          new Size("16 MiB", 16 << 20));

  @Override
  public String name() {
    return "collectives";
  }

  @Override
  public String peer() {
    return "memcpy";
  }

  @Override
  public String summary() {
    return "reducing registered memory, against moving its bytes";
  }

  @Override
  public boolean hasParts() {
    return true;
  }

  @Override
  public List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException {
    Path log = Files.createTempFile("verbena-jmh", ".log");
    try {
      List<Comparison> comparisons = new ArrayList<>();
      for (Row row : ROWS) {
        for (Size size : SIZES) {
          String name = row.name() + ", " + size.name();
          if (plan.wants(name)) {
            comparisons.add(compare(row, name, size.bytes(), plan, log, progress));
          }
        }
      }
      if (comparisons.isEmpty()) {
        throw new PrerequisiteException("nothing has '%s' in its name".formatted(plan.only()));
      }
      return comparisons;
    } finally {
      Files.delete(log);
    }
  }

  private static Comparison compare(
      Row row, String name, int bytes, Plan plan, Path log, Consumer<String> progress)
      throws IOException {
    var comparison = new Comparison(name, "memcpy", "ns");
    double garbage = 0;
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      JmhFork.Measurement ours = measured(row.ours(), bytes, plan, log);
      JmhFork.Measurement copy = measured("copy" + row.theirs(), bytes, plan, log);
      JmhFork.Measurement memcpy = measured("memcpy" + row.theirs(), bytes, plan, log);
      comparison.add(ours.nanos(), Math.min(copy.nanos(), memcpy.nanos()));
      garbage = Math.max(garbage, ours.bytes() - Math.min(copy.bytes(), memcpy.bytes()));
      progress.accept(
          String.format(
              Locale.ROOT,
              "pair %d of %d, %s: ours %.0f ns, Java's copy %.0f ns, memcpy %.0f ns",
              pair,
              plan.pairs(),
              name,
              ours.nanos(),
              copy.nanos(),
              memcpy.nanos()));
    }
    if (row.hasBar()) {
      comparison.bar("ratio to the faster of two", comparison.ratio(), MOST_RATIO);
    }
    comparison.remark(
        String.format(
            Locale.ROOT,
            "%.1f GB/s loaded and stored; %.2f B/op beyond memcpy's",
            3.0 * bytes / comparison.ours(),
            garbage));
    return comparison;
  }

  private static JmhFork.Measurement measured(String method, int bytes, Plan plan, Path log)
      throws IOException {
    Map<String, String> parameters = Map.of("bytes", Integer.toString(bytes));
    return new JmhFork(ReduceFloats.class, method, parameters, JVM).run(plan.quick(), log);
  }
}
