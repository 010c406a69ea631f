package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongBinaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Algorithms with the trait FIXED_EXPRESSION give the same bits, whatever else differs. */
class FixedTreeTest {
  private static final LongBinaryOperator EXPRESSION = Operators::expression;

  private static List<Algorithm> fixed(Collective collective) {
    return Stream.of(Algorithm.values())
        .filter(a -> a.collective() == collective && a.has(Algorithm.Trait.FIXED_EXPRESSION))
        .toList();
  }

  /** The expression by its definition: what precedes the middle, then the rest. */
  private static long[] tree(long[][] vectors, int first, int end) {
    if (end - first == 1) {
      return vectors[first];
    }
    int middle = first + Integer.highestOneBit(end - first - 1);
    long[] left = tree(vectors, first, middle);
    long[] right = tree(vectors, middle, end);
    long[] sum = new long[left.length];
    Arrays.setAll(sum, i -> EXPRESSION.applyAsLong(left[i], right[i]));
    return sum;
  }

  private static long[] expected(int ranks, int count) {
    long[][] vectors = new long[ranks][];
    for (int rank = 0; rank < ranks; rank++) {
      vectors[rank] = Trial.numbers(rank, count);
    }
    return tree(vectors, 0, ranks);
  }

  @Test
  void shouldCombineEachElementByTheSameExpression() {
    assertTrue(fixed(Collective.ALL_REDUCE).size() >= 2);
    for (int ranks = 1; ranks <= 33; ranks++) {
      for (int count : new int[] {1, 5, 64}) {
        for (int segment : new int[] {0, 3}) {
          for (Algorithm algorithm : fixed(Collective.ALL_REDUCE)) {
            Request request = Request.of(algorithm, ranks, count).withSegment(segment);
            for (long[] result : Trial.results(request, EXPRESSION)) {
              assertArrayEquals(expected(ranks, count), result, request::toString);
            }
          }
        }
      }
    }
  }

  @Test
  void shouldReduceToAnyRootByTheSameExpression() {
    assertTrue(fixed(Collective.REDUCE).size() >= 1);
    for (int ranks = 1; ranks <= 17; ranks++) {
      for (int root = 0; root < ranks; root++) {
        for (Algorithm algorithm : fixed(Collective.REDUCE)) {
          Request request = Request.of(algorithm, ranks, 7).withRoot(root).withSegment(2);
          assertArrayEquals(
              expected(ranks, 7), Trial.results(request, EXPRESSION)[root], request::toString);
        }
      }
    }
  }

  @Test
  void shouldReduceAndScatterByTheSameExpression() {
    assertTrue(fixed(Collective.REDUCE_SCATTER).size() >= 1);
    for (int ranks = 1; ranks <= 33; ranks++) {
      for (Algorithm algorithm : fixed(Collective.REDUCE_SCATTER)) {
        Request request = Request.of(algorithm, ranks, 3);
        long[][] results = Trial.results(request, EXPRESSION);
        long[] all = expected(ranks, 3 * ranks);
        for (int rank = 0; rank < ranks; rank++) {
          assertArrayEquals(Arrays.copyOfRange(all, 3 * rank, 3 * rank + 3), results[rank]);
        }
      }
    }
  }

  @Test
  void shouldScanRankByRank() {
    for (Algorithm algorithm : fixed(Collective.SCAN)) {
      Trial.run(Request.of(algorithm, 7, 9).withSegment(2), EXPRESSION);
    }
    for (Algorithm algorithm : fixed(Collective.EXCLUSIVE_SCAN)) {
      Trial.run(Request.of(algorithm, 7, 9).withSegment(2), EXPRESSION);
    }
  }

  /** Of a power of two of ranks these keep to the tree by themselves. */
  @Test
  void shouldGiveTheSameBitsForAPowerOfTwoOfRanksWithOtherAlgorithmsToo() {
    for (int ranks = 1; ranks <= 32; ranks *= 2) {
      for (Algorithm algorithm :
          List.of(Algorithm.ALL_REDUCE_RECURSIVE_DOUBLING, Algorithm.ALL_REDUCE_RABENSEIFNER)) {
        Request request = Request.of(algorithm, ranks, 40);
        for (long[] result : Trial.results(request, EXPRESSION)) {
          assertArrayEquals(expected(ranks, 40), result, request::toString);
        }
      }
    }
  }

  /** Otherwise they do not, so that the trait says something. */
  @Test
  void shouldNotPromiseThatOfTheOthers() {
    for (Algorithm algorithm : Algorithm.values()) {
      if (algorithm.collective() == Collective.ALL_REDUCE
          && !algorithm.has(Algorithm.Trait.FIXED_EXPRESSION)) {
        long[] result = Trial.results(Request.of(algorithm, 5, 40), EXPRESSION)[0];
        assertFalse(Arrays.equals(expected(5, 40), result), algorithm::toString);
      }
    }
  }

  /** All ranks get the same bits from any all-reduce, even if they are not those of another one. */
  @Test
  void shouldGiveAllRanksTheSameBits() {
    for (Algorithm algorithm : Algorithm.values()) {
      if (algorithm.collective() == Collective.ALL_REDUCE) {
        for (int ranks = 1; ranks <= 17; ranks++) {
          Request request = Request.of(algorithm, ranks, 40).withSegment(3);
          long[][] results = Trial.results(request, EXPRESSION);
          for (long[] result : results) {
            assertArrayEquals(results[0], result, request::toString);
          }
        }
      }
    }
  }

  /**
   * The same 32 vectors on 1, 2, 4... ranks, each of which first combines its own ones by the same
   * tree: the sum of doubles has the same bits for any such number of ranks.
   */
  @Test
  void shouldGiveTheSameBitsForPowersOfTwoOfRanksThatShareTheSameVectors() {
    int vectors = 32;
    int count = 9;
    double[][] leaves = new double[vectors][count];
    for (int i = 0; i < vectors; i++) {
      for (int j = 0; j < count; j++) {
        leaves[i][j] = Math.scalb((double) Operators.mix(i * 100L + j), -(i * j) % 40);
      }
    }
    long[] oneByOne = new long[count];
    for (int j = 0; j < count; j++) {
      double sum = 0;
      for (double[] leaf : leaves) {
        sum += leaf[j];
      }
      oneByOne[j] = Double.doubleToRawLongBits(sum);
    }
    long[] first = null;
    for (int ranks = 1; ranks <= vectors; ranks *= 2) {
      for (Algorithm algorithm : fixed(Collective.ALL_REDUCE)) {
        long[][] inputs = new long[ranks][];
        for (int rank = 0; rank < ranks; rank++) {
          inputs[rank] = treeOfDoubles(leaves, rank, vectors / ranks);
        }
        long[] result = sums(algorithm, inputs, count);
        first = first == null ? result : first;
        assertArrayEquals(first, result, "%s on %d ranks".formatted(algorithm, ranks));
      }
    }
    assertFalse(Arrays.equals(oneByOne, first), "the order of these sums makes no difference");
  }

  private static long[] treeOfDoubles(double[][] leaves, int rank, int each) {
    double[][] mine =
        Stream.of(leaves).skip((long) rank * each).limit(each).toArray(double[][]::new);
    for (int width = 1; width < each; width *= 2) {
      for (int i = 0; i < each; i += 2 * width) {
        double[] sum = new double[mine[i].length];
        for (int j = 0; j < sum.length; j++) {
          sum[j] = mine[i][j] + mine[i + width][j];
        }
        mine[i] = sum;
      }
    }
    return Arrays.stream(mine[0]).mapToLong(Double::doubleToRawLongBits).toArray();
  }

  private static long[] sums(Algorithm algorithm, long[][] inputs, int count) {
    int ranks = inputs.length;
    List<Schedule> schedules =
        IntStream.range(0, ranks)
            .mapToObj(rank -> Request.of(algorithm, ranks, count).at(rank).compile())
            .toList();
    long[][] outputs = new long[ranks][count];
    Execution.run(schedules, inputs, outputs, Operators::doubleSum, Execution.Timing.STEPS_LAST);
    return outputs[0];
  }
}
