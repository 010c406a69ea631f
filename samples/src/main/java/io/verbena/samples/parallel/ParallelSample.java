package io.verbena.samples.parallel;

import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import io.verbena.samples.LinkOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Joins the other processes, computes, and lets rank 0 say whether the result is right. */
abstract class ParallelSample implements Callable<Integer> {
  private static final Duration START_TIMEOUT = Duration.ofMinutes(1);

  @Mixin private LinkOptions link = new LinkOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public final Integer call() throws IOException {
    check();
    try (Communicator world = Communicator.world(link.config(), START_TIMEOUT)) {
      int[] wrong = {run(world) ? 0 : 1};
      world.broadcast(Elements.of(wrong), 0);
      return wrong[0];
    }
  }

  /** Refuses options that make no sense. */
  abstract void check();

  /**
   * Computes.
   *
   * @return at rank 0 whether the result is right
   */
  abstract boolean run(Communicator world) throws IOException;

  /** Refuses what makes no sense. */
  final void require(boolean sensible, String what) {
    if (!sensible) {
      throw new ParameterException(spec.commandLine(), what);
    }
  }

  /** Where a rank's part of so many begins. */
  static int begin(int total, int rank, int ranks) {
    return (int) ((long) total * rank / ranks);
  }

  /** The parts of all ranks, each so many times as long. */
  static long[] lengths(int total, int ranks, int times) {
    long[] lengths = new long[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      lengths[rank] = (long) times * (begin(total, rank + 1, ranks) - begin(total, rank, ranks));
    }
    return lengths;
  }

  /** Without why it is no better one: ./verbena doctor says that. */
  private static String shortened(String link) {
    int comma = link.indexOf(',');
    return comma < 0 ? link : link.substring(0, comma);
  }

  /** Says what was done; of rank 0. */
  static boolean report(Communicator world, boolean right, String what, long nanos) {
    String link = world.size() == 1 ? "" : " over " + shortened(world.linkTo(1).orElse("no link"));
    System.out.printf(
        Locale.ROOT,
        "%s: %d rank%s%s, %.1f ms; the result is %s%n",
        what,
        world.size(),
        world.size() == 1 ? "" : "s",
        link,
        nanos / 1e6,
        right ? "that of one process" : "WRONG");
    return right;
  }
}
