package io.verbena.collective;

import io.verbena.TransportConfig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongBinaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every algorithm over endpoints, against a serial computation. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class EndpointAlgorithms {
  /** In longs: around what is sent with its envelope, and around a part of longer content. */
  static final int[] ALL_COUNTS = {0, 1, 7, 2047, 2048, 2049, 40_000};

  private static final int SEGMENT = 1000;

  private final Map<Integer, Ranks> opened = new HashMap<>();

  abstract TransportConfig config();

  /** How many ranks to try. */
  abstract int[] sizes();

  /** How many longs to try on so many ranks: {@link #ALL_COUNTS}, or some of them. */
  abstract int[] counts(int size);

  Ranks ranks(int size) throws Exception {
    Ranks ranks = opened.get(size);
    if (ranks == null) {
      ranks = new Ranks(size, config());
      opened.put(size, ranks);
    }
    return ranks;
  }

  @AfterAll
  void close() {
    opened.values().forEach(Ranks::close);
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void shouldGiveWhatTheSerialComputationGives(Algorithm algorithm) throws Exception {
    for (int size : sizes()) {
      Ranks ranks = ranks(size);
      for (int count : counts(size)) {
        Request request = Request.of(algorithm, size, count).withRoot(root(algorithm, size, count));
        boolean inPlace = count % 2 == 1;
        check(ranks, request.withInPlace(inPlace).withSegment(count > SEGMENT ? SEGMENT : 0));
      }
    }
  }

  static void check(Ranks ranks, Request request) {
    boolean reorders = Trial.needsCommutativity(request);
    LongBinaryOperator operator = reorders ? Long::sum : Operators::matrixProduct;
    Trial.run(
        request::at,
        operator,
        (schedules, inputs, outputs, op) -> execute(ranks, schedules, inputs, outputs, op));
  }

  private static int root(Algorithm algorithm, int size, int count) {
    return switch (algorithm.collective()) {
      case BROADCAST, REDUCE, GATHER, SCATTER -> count % size;
      default -> 0;
    };
  }

  private static void execute(
      Ranks ranks,
      List<Schedule> schedules,
      long[][] inputs,
      long[][] outputs,
      LongBinaryOperator operator) {
    Reduction reduction =
        Reduction.of("test", (l, r, t, e, n) -> apply(operator, l, r, t, n), true);
    Kernel kernel = Kernels.of(reduction, ValueLayout.JAVA_LONG);
    try {
      ranks.run(
          world -> {
            int rank = world.rank();
            try (Arena arena = Arena.ofShared()) {
              // Odd ranks have arrays, the others memory outside of the heap.
              boolean isNative = rank % 2 == 0;
              Elements in = isNative ? elements(arena, inputs[rank]) : Elements.of(inputs[rank]);
              Elements out = isNative ? elements(arena, outputs[rank]) : Elements.of(outputs[rank]);
              var run = world.scope.newRun();
              run.prepare(schedules.get(rank), in, out, Long.BYTES, kernel);
              world.scope.complete(run, "test");
              run.free();
              if (isNative) {
                MemorySegment.copy(
                    out.segment(),
                    ValueLayout.JAVA_LONG,
                    0,
                    outputs[rank],
                    0,
                    outputs[rank].length);
              }
            }
          });
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Elements elements(Arena arena, long[] numbers) {
    return Elements.of(arena.allocateFrom(ValueLayout.JAVA_LONG, numbers), ValueLayout.JAVA_LONG);
  }

  private static void apply(
      LongBinaryOperator operator,
      MemorySegment left,
      MemorySegment right,
      MemorySegment target,
      long count) {
    IntStream.range(0, (int) count)
        .forEach(
            i ->
                target.setAtIndex(
                    ValueLayout.JAVA_LONG_UNALIGNED,
                    i,
                    operator.applyAsLong(
                        left.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i),
                        right.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i))));
  }
}
