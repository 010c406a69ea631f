package io.verbena.benchmarks;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.collective.CollectiveOperation;
import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import io.verbena.collective.Reduction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Locale;

/**
 * A rank that measures collectives over TCP as the OSU micro-benchmarks do: each argument is {@code
 * NAME:BYTES:REPEATS}. What it does is what {@code collectives.c} does with MPI.
 */
final class CollectivesProgram {
  private static final int BATCHES = 41;

  /** More than in C: the compiler needs them. */
  private static final int WARM_UP_BATCHES = 120;

  private static final int WINDOW = 64;
  private static final double NANOS_PER_MICRO = 1000;

  /** One thing, done once by a rank. */
  private interface Step {
    void run() throws IOException;
  }

  private final Communicator world;

  private CollectivesProgram(Communicator world) {
    this.world = world;
  }

  /**
   * Measures, and prints at rank 0.
   *
   * @param arguments what to measure
   */
  public static void main(String... arguments) throws IOException {
    var config = TransportConfig.defaults().withRdma(RdmaMode.OFF);
    try (Communicator world = Communicator.world(config, Duration.ofMinutes(1))) {
      var program = new CollectivesProgram(world);
      for (String each : arguments) {
        String[] parts = each.split(":", -1);
        program.measure(parts[0], Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
      }
    }
  }

  private void measure(String name, int bytes, int repeats) throws IOException {
    double[] times = new double[BATCHES];
    try (Arena arena = Arena.ofShared()) {
      Step step = step(name, bytes, arena);
      for (int batch = 0; batch < WARM_UP_BATCHES; batch++) {
        repeat(step, repeats);
      }
      for (int batch = 0; batch < BATCHES; batch++) {
        world.barrier();
        long begin = System.nanoTime();
        repeat(step, repeats);
        times[batch] = (System.nanoTime() - begin) / NANOS_PER_MICRO / repeats;
      }
    }
    if (world.rank() == 0) {
      System.out.printf(
          Locale.ROOT,
          "# %s%n# Size          Latency (us)%n%-16d %.2f%n",
          name,
          bytes,
          Comparison.median(times));
    }
  }

  private static void repeat(Step step, int repeats) throws IOException {
    for (int i = 0; i < repeats; i++) {
      step.run();
    }
  }

  private Step step(String name, int bytes, Arena arena) {
    var layout = name.equals("all-reduce") ? ValueLayout.JAVA_FLOAT : ValueLayout.JAVA_BYTE;
    Elements in = Elements.of(arena.allocate(bytes, 64), layout);
    Elements out = Elements.of(arena.allocate(bytes, 64), layout);
    return switch (name) {
      case "latency" -> latency(in, out);
      case "stream" -> stream(in, out);
      case "barrier" -> prepared(world.preparing().barrier());
      case "all-reduce" -> prepared(world.preparing().allReduce(in, out, Reduction.SUM));
      default -> throw new IllegalArgumentException("unknown: " + name);
    };
  }

  private static Step prepared(CollectiveOperation operation) {
    return () -> operation.start().await();
  }

  private Step latency(Elements in, Elements out) {
    return switch (world.rank()) {
      case 0 ->
          () -> {
            world.send(in, 1, 1);
            world.receive(out, 1, 1);
          };
      case 1 ->
          () -> {
            world.receive(out, 0, 1);
            world.send(in, 0, 1);
          };
      default -> () -> {};
    };
  }

  private Step stream(Elements in, Elements out) {
    if (world.rank() > 1) {
      return () -> {};
    }
    boolean sends = world.rank() == 0;
    Elements word = Elements.of(new byte[1]);
    CollectiveOperation[] window = new CollectiveOperation[WINDOW];
    for (int i = 0; i < WINDOW; i++) {
      window[i] = sends ? world.prepareSend(in, 1, 2) : world.prepareReceive(out, 0, 2);
    }
    return () -> {
      for (CollectiveOperation each : window) {
        each.start();
      }
      for (CollectiveOperation each : window) {
        each.await();
      }
      if (sends) {
        world.receive(word, 1, 3);
      } else {
        world.send(word, 0, 3);
      }
    };
  }
}
