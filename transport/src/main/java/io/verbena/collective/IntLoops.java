package io.verbena.collective;

import io.verbena.collective.TileKernel.Loop;
import org.jspecify.annotations.Nullable;

/** Loops over arrays of int. */
final class IntLoops {
  static final Tiles<int[]> TILES = new Tiles<>(Integer.BYTES, int[]::new);

  private IntLoops() {}

  /** The loop, or null if the operator is not defined for int. */
  static @Nullable Loop<int[]> of(Operator operator) {
    return switch (operator) {
      case SUM -> IntLoops::sum;
      case PRODUCT -> IntLoops::product;
      case MIN -> IntLoops::min;
      case MAX -> IntLoops::max;
      case AND -> IntLoops::and;
      case OR -> IntLoops::or;
      case XOR -> IntLoops::xor;
      default -> null;
    };
  }

  private static void sum(int[] left, int[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] + right[i];
    }
  }

  private static void product(int[] left, int[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] * right[i];
    }
  }

  private static void min(int[] left, int[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = Math.min(left[i], right[i]);
    }
  }

  private static void max(int[] left, int[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = Math.max(left[i], right[i]);
    }
  }

  private static void and(int[] left, int[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] & right[i];
    }
  }

  private static void or(int[] left, int[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] | right[i];
    }
  }

  private static void xor(int[] left, int[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] ^ right[i];
    }
  }
}
