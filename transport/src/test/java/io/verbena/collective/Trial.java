package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.function.LongBinaryOperator;

/**
 * One collective of all ranks on numbers, against a serial computation: the schedules are checked,
 * executed and their results compared, element by element.
 */
final class Trial {
  /** Executes the schedules of all ranks; the results are in the outputs then. */
  @FunctionalInterface
  interface Runner {
    void run(
        List<Schedule> schedules, long[][] inputs, long[][] outputs, LongBinaryOperator operator);
  }

  private static final long UNTOUCHED = 0x5555_5555_5555_5555L;

  private final List<Request> requests = new ArrayList<>();
  private final List<Schedule> schedules = new ArrayList<>();
  private final int ranks;
  private final Collective collective;
  private final long[][] contributions;

  /** All ranks' contributions combined, which each of them is compared with; by operator. */
  private final Map<LongBinaryOperator, long[]> reduced = new ConcurrentHashMap<>();

  Trial(IntFunction<Request> requestOf) {
    Request first = requestOf.apply(0);
    this.ranks = first.ranks();
    this.collective = first.algorithm().collective();
    this.contributions = new long[ranks][];
    for (int rank = 0; rank < ranks; rank++) {
      Request request = requestOf.apply(rank);
      requests.add(request);
      schedules.add(request.compile());
      contributions[rank] = numbers(rank, (int) contributed(request));
    }
  }

  /**
   * Fails unless the result is right; not for operators that the schedules cannot keep in order.
   */
  static void run(Request request, LongBinaryOperator operator) {
    run(request::at, operator);
  }

  static void run(IntFunction<Request> requestOf, LongBinaryOperator operator) {
    Trial trial = new Trial(requestOf);
    for (Execution.Timing timing : Execution.Timing.values()) {
      trial.check(operator, timing.toString(), runner(timing));
    }
  }

  /** Fails unless the result of a runner is right. */
  static void run(IntFunction<Request> requestOf, LongBinaryOperator operator, Runner runner) {
    new Trial(requestOf).check(operator, "", runner);
  }

  private static Runner runner(Execution.Timing timing) {
    return (schedules, inputs, outputs, operator) ->
        Execution.run(schedules, inputs, outputs, operator, timing);
  }

  private void check(LongBinaryOperator operator, String how, Runner runner) {
    long[][] results = results(operator, how, runner);
    for (int rank = 0; rank < ranks; rank++) {
      assertArrayEquals(expected(rank, operator), results[rank], what(rank, how));
    }
  }

  /** The outputs of all ranks, whatever they are. */
  static long[][] results(Request request, LongBinaryOperator operator) {
    return new Trial(request::at).results(operator, "", runner(Execution.Timing.STEPS_LAST));
  }

  /** Whether the operator must be commutative on any of the ranks. */
  static boolean needsCommutativity(Request request) {
    for (int rank = 0; rank < request.ranks(); rank++) {
      if (request.at(rank).compile().needsCommutativity()) {
        return true;
      }
    }
    return false;
  }

  private String what(int rank, String how) {
    return "rank %d, %s: %s".formatted(rank, how, requests.get(rank));
  }

  private long[][] results(LongBinaryOperator operator, String how, Runner runner) {
    long[][] inputs = new long[ranks][];
    long[][] outputs = new long[ranks][];
    for (int rank = 0; rank < ranks; rank++) {
      inputs[rank] = input(rank);
      outputs[rank] = output(rank);
    }
    try {
      Schedules.check(schedules, inputs, outputs);
      runner.run(schedules, inputs, outputs, operator);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(what(0, how) + ": " + e.getMessage(), e);
    }
    for (int rank = 0; rank < ranks; rank++) {
      if (!isInPlace(rank)) {
        assertArrayEquals(contributions[rank], inputs[rank], what(rank, how) + ": INPUT");
      }
    }
    return outputs;
  }

  /** What is in INPUT. */
  long[] input(int rank) {
    return isInPlace(rank) ? new long[0] : contributions[rank].clone();
  }

  /** Whether the rank has its contribution in OUTPUT. */
  boolean isInPlace(int rank) {
    Request request = requests.get(rank);
    return request.inPlace()
        && switch (collective) {
          case REDUCE, GATHER -> request.isRoot();
          case SCATTER, BROADCAST, BARRIER -> false;
          default -> true;
        };
  }

  private long contributed(Request request) {
    return switch (collective) {
      case BARRIER -> 0;
      case BROADCAST -> request.isRoot() ? request.count() : 0;
      case REDUCE, ALL_REDUCE, SCAN, EXCLUSIVE_SCAN -> request.count();
      case GATHER, ALL_GATHER -> request.blocks().length(request.rank());
      case SCATTER -> request.isRoot() ? request.blocks().extent() : 0;
      case REDUCE_SCATTER, ALL_TO_ALL -> request.blocks().extent();
    };
  }

  private static long resulting(Request request, Collective collective) {
    return switch (collective) {
      case BARRIER -> 0;
      case BROADCAST -> request.isRoot() ? 0 : request.count();
      case REDUCE -> request.isRoot() ? request.count() : 0;
      case ALL_REDUCE, SCAN, EXCLUSIVE_SCAN -> request.count();
      case GATHER -> request.isRoot() ? request.blocks().extent() : 0;
      case ALL_GATHER -> request.blocks().extent();
      case SCATTER, REDUCE_SCATTER -> request.blocks().length(request.rank());
      case ALL_TO_ALL -> request.arrivals().extent();
    };
  }

  /** What is in OUTPUT at the start. */
  long[] output(int rank) {
    Request request = requests.get(rank);
    long length = resulting(request, collective);
    boolean isBlock = collective == Collective.GATHER || collective == Collective.ALL_GATHER;
    if (isInPlace(rank) && !isBlock) {
      length = Math.max(length, contributions[rank].length);
    }
    long[] output = new long[(int) length];
    Arrays.fill(output, UNTOUCHED);
    if (isInPlace(rank)) {
      int at = isBlock ? (int) request.blocks().offset(rank) : 0;
      put(contributions[rank], 0, output, at, contributions[rank].length);
    }
    return output;
  }

  /** What is in OUTPUT at the end. */
  long[] expected(int rank, LongBinaryOperator operator) {
    Request request = requests.get(rank);
    long[] output = output(rank);
    int root = request.root();
    switch (collective) {
      case BARRIER -> {}
      case BROADCAST -> {
        if (!request.isRoot()) {
          put(contributions[root], 0, output, 0, output.length);
        }
      }
      case REDUCE -> {
        if (request.isRoot()) {
          put(reducedOfAll(operator), 0, output, 0, output.length);
        }
      }
      case ALL_REDUCE -> put(reducedOfAll(operator), 0, output, 0, output.length);
      case SCAN -> put(reduced(0, rank + 1, operator), 0, output, 0, output.length);
      case EXCLUSIVE_SCAN -> {
        if (rank > 0) {
          put(reduced(0, rank, operator), 0, output, 0, output.length);
        }
      }
      case GATHER, ALL_GATHER -> {
        for (int peer = 0; output.length > 0 && peer < ranks; peer++) {
          long at = request.blocks().offset(peer);
          put(contributions[peer], 0, output, at, contributions[peer].length);
        }
      }
      case SCATTER -> {
        if (!request.isRoot() || !request.inPlace()) {
          put(contributions[root], request.blocks().offset(rank), output, 0, output.length);
        }
      }
      case REDUCE_SCATTER -> {
        Blocks blocks = request.blocks();
        put(reducedOfAll(operator), blocks.before(rank), output, 0, blocks.length(rank));
      }
      case ALL_TO_ALL -> {
        for (int peer = 0; peer < ranks; peer++) {
          long from = requests.get(peer).blocks().offset(rank);
          Blocks arrivals = request.arrivals();
          put(contributions[peer], from, output, arrivals.offset(peer), arrivals.length(peer));
        }
      }
    }
    return output;
  }

  private static void put(long[] from, long at, long[] to, long toAt, long length) {
    if (length > 0) {
      System.arraycopy(from, (int) at, to, (int) toAt, (int) length);
    }
  }

  private long[] reducedOfAll(LongBinaryOperator operator) {
    return reduced.computeIfAbsent(operator, each -> reduced(0, ranks, each));
  }

  private long[] reduced(int from, int to, LongBinaryOperator operator) {
    long[] sum = contributions[from].clone();
    for (int rank = from + 1; rank < to; rank++) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] = operator.applyAsLong(sum[i], contributions[rank][i]);
      }
    }
    return sum;
  }

  /** What a rank contributes. */
  static long[] numbers(int rank, int length) {
    long[] numbers = new long[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = Operators.mix(rank * 1_000_003L + i);
    }
    return numbers;
  }
}
