package io.verbena.benchmarks;

import io.verbena.benchmarks.RankPart.Step;
import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import io.verbena.collective.Reduction;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Measures an exercise size by size. As with OSU's programs each rank takes the mean of its own
 * times, ranks meet before each collective, which does not count, and rank 0 shows mean, minimum
 * and maximum of the ranks' means.
 */
final class OsuRun {
  private static final double NANOS_PER_MICRO = 1000;

  /** Above it messages are large, which are measured less often. */
  private static final long LARGE = 8192;

  /** Calls that the compiler needs; not with large messages, which would take minutes. */
  private static final int COMPILING = 10_000;

  /**
   * What to measure.
   *
   * @param first the smallest size
   * @param most no size is above it
   * @param iterations null for what the size suggests
   * @param warmUp the same
   * @param full whether minimum and maximum are shown
   */
  record Plan(
      Exercise exercise,
      long first,
      long most,
      @Nullable Integer iterations,
      @Nullable Integer warmUp,
      boolean full) {
    int iterations(long bytes) {
      if (iterations != null) {
        return iterations;
      }
      int few = exercise.isRate() ? 20 : 100;
      int many = exercise == Exercise.LATENCY ? 10_000 : exercise.isRate() ? 100 : 1000;
      return bytes > LARGE ? few : many;
    }

    int warmUp(long bytes) {
      if (warmUp != null) {
        return warmUp;
      }
      int usual = Math.ceilDiv(iterations(bytes), 10);
      if (bytes > LARGE || bytes > first) {
        return usual;
      }
      return exercise.isRate() ? COMPILING / Exercise.WINDOW : COMPILING;
    }
  }

  private final Communicator world;
  private final Plan plan;
  private final Exercise exercise;
  private final OsuFormat format;
  private final PrintStream out;

  OsuRun(Communicator world, Plan plan, PrintStream out) {
    this.world = world;
    this.plan = plan;
    this.exercise = plan.exercise();
    this.format = new OsuFormat(exercise);
    this.out = out;
  }

  void run() throws IOException {
    // Connects, so that the links are known.
    exchange();
    say(header());
    if (!exercise.hasSize()) {
      measure(0);
      return;
    }
    for (long bytes = plan.first(); bytes <= plan.most(); bytes *= 2) {
      measure(bytes);
    }
  }

  private void exchange() throws IOException {
    byte[] all = new byte[world.size()];
    world.allToAll(Elements.of(all), Elements.of(all.clone()));
  }

  private void say(String lines) {
    if (world.rank() == 0) {
      out.println(lines);
    }
  }

  private String header() {
    String unit = exercise.isRate() ? "Bandwidth (MB/s)" : "Avg Latency(us)";
    String titles =
        plan.full() && !exercise.isRate()
            ? format.titles(unit, "Min Latency(us)", "Max Latency(us)")
            : format.titles(unit);
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(format.heading("Verbena"));
    lines.add(
        "# Ranks: %d, launched by %s, link: %s".formatted(world.size(), world.launcher(), links()));
    if (exercise.hasSize()) {
      lines.add("# Datatype: %s.".formatted(exercise.isOfNumbers() ? "float" : "byte"));
    }
    lines.add(plan.full() ? titles + OsuFormat.count("Iterations") : titles);
    return String.join(System.lineSeparator(), lines);
  }

  /** Which rank 0 has; why they are no better ones, ./verbena doctor says. */
  private String links() {
    return IntStream.range(1, world.size())
        .mapToObj(rank -> world.linkTo(rank).orElse("unknown").replaceFirst(",.*", ""))
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private void measure(long bytes) throws IOException {
    int iterations = plan.iterations(bytes);
    double[] least = new double[1];
    try (Arena arena = Arena.ofShared()) {
      Step step = new RankPart(world, exercise, bytes, arena).blocking();
      double nanos = nanos(step, plan.warmUp(bytes), iterations);
      least[0] = format.figure(bytes, nanos / NANOS_PER_MICRO / iterations);
    }
    double[] most = least.clone();
    double[] sum = least.clone();
    world.allReduce(Elements.inPlace(), Elements.of(least), Reduction.MIN);
    world.allReduce(Elements.inPlace(), Elements.of(most), Reduction.MAX);
    world.allReduce(Elements.inPlace(), Elements.of(sum), Reduction.SUM);
    double mean = sum[0] / world.size();
    String row =
        plan.full() && !exercise.isRate()
            ? format.row(bytes, mean, least[0], most[0])
            : format.row(bytes, mean);
    say(plan.full() ? row + OsuFormat.count(iterations) : row);
  }

  private long nanos(Step step, int warmUp, int iterations) throws IOException {
    // Of these, one that began late would wait less.
    boolean meets = !exercise.isOfPairs() && exercise != Exercise.BARRIER;
    long nanos = 0;
    world.barrier();
    for (int i = -warmUp; i < iterations; i++) {
      long began = System.nanoTime();
      step.run();
      nanos += i < 0 ? 0 : System.nanoTime() - began;
      if (meets) {
        world.barrier();
      }
    }
    return nanos;
  }
}
