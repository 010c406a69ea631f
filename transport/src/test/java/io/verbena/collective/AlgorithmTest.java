package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every algorithm against a serial computation: ranks 1 to 17, every root. */
class AlgorithmTest {
  private static final int SEGMENT = 8;
  private static final int[] COUNTS = {0, 1, 2, 3, 7, 8, 9, 16, 17, 33};

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void shouldGiveWhatTheSerialComputationGives(Algorithm algorithm) {
    for (int ranks = 1; ranks <= 17; ranks++) {
      for (int root = 0; root < roots(algorithm, ranks); root++) {
        for (int count : COUNTS) {
          Request request = Request.of(algorithm, ranks, count).withRoot(root);
          check(request);
          if (count > SEGMENT) {
            // Shorter ones are one segment, as without.
            check(request.withSegment(SEGMENT));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void shouldBeRightForLongVectors(Algorithm algorithm) {
    for (int ranks = 1; ranks <= 17; ranks++) {
      int last = roots(algorithm, ranks) - 1;
      for (int root : IntStream.of(0, last / 2, last).distinct().toArray()) {
        Request request = Request.of(algorithm, ranks, 1000).withRoot(root);
        check(request);
        check(request.withSegment(37));
      }
    }
  }

  private static Stream<Algorithm> reordering() {
    return Stream.of(Algorithm.values()).filter(a -> a.has(Algorithm.Trait.COMMUTATIVE));
  }

  private static int roots(Algorithm algorithm, int ranks) {
    return switch (algorithm.collective()) {
      case BROADCAST, REDUCE, GATHER, SCATTER -> ranks;
      default -> 1;
    };
  }

  private static void check(Request request) {
    boolean needsCommutativity = Trial.needsCommutativity(request);
    assertFalse(
        needsCommutativity && !request.algorithm().has(Algorithm.Trait.COMMUTATIVE),
        request.toString());
    for (boolean inPlace : new boolean[] {false, true}) {
      Trial.run(request.withInPlace(inPlace), Long::sum);
      if (!needsCommutativity && reduces(request)) {
        Trial.run(request.withInPlace(inPlace), Operators::matrixProduct);
      }
    }
  }

  private static boolean reduces(Request request) {
    return switch (request.algorithm().collective()) {
      case REDUCE, ALL_REDUCE, REDUCE_SCATTER, SCAN, EXCLUSIVE_SCAN -> true;
      default -> false;
    };
  }

  @ParameterizedTest
  @MethodSource("reordering")
  void shouldSayThatItReorders(Algorithm algorithm) {
    Request request = Request.of(algorithm, 6, 12).withRoot(roots(algorithm, 6) - 1);
    assertTrue(Trial.needsCommutativity(request));
    // It does reorder: a product that depends on the order comes out differently.
    assertThrows(AssertionError.class, () -> Trial.run(request, Operators::matrixProduct));
  }
}
