package io.verbena.collective;

import io.verbena.collective.TileKernel.Loop;
import org.jspecify.annotations.Nullable;

/** Loops over arrays of long. */
final class LongLoops {
  static final Tiles<long[]> TILES = new Tiles<>(Long.BYTES, long[]::new);

  private LongLoops() {}

  /** The loop, or null if the operator is not defined for long. */
  static @Nullable Loop<long[]> of(Operator operator) {
    return switch (operator) {
      case SUM -> LongLoops::sum;
      case PRODUCT -> LongLoops::product;
      case MIN -> LongLoops::min;
      case MAX -> LongLoops::max;
      case AND -> LongLoops::and;
      case OR -> LongLoops::or;
      case XOR -> LongLoops::xor;
      default -> null;
    };
  }

  private static void sum(long[] left, long[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] + right[i];
    }
  }

  private static void product(long[] left, long[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] * right[i];
    }
  }

  private static void min(long[] left, long[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = Math.min(left[i], right[i]);
    }
  }

  private static void max(long[] left, long[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = Math.max(left[i], right[i]);
    }
  }

  private static void and(long[] left, long[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] & right[i];
    }
  }

  private static void or(long[] left, long[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] | right[i];
    }
  }

  private static void xor(long[] left, long[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] ^ right[i];
    }
  }
}
