package io.verbena.collective;

import io.verbena.collective.TileKernel.Loop;
import org.jspecify.annotations.Nullable;

/** Loops over arrays of float. */
final class FloatLoops {
  static final Tiles<float[]> TILES = new Tiles<>(Float.BYTES, float[]::new);

  private FloatLoops() {}

  /** The loop, or null if the operator is not defined for float. */
  static @Nullable Loop<float[]> of(Operator operator) {
    return switch (operator) {
      case SUM -> FloatLoops::sum;
      case PRODUCT -> FloatLoops::product;
      case MIN -> FloatLoops::min;
      case MAX -> FloatLoops::max;
      default -> null;
    };
  }

  private static void sum(float[] left, float[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] + right[i];
    }
  }

  private static void product(float[] left, float[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] * right[i];
    }
  }

  private static void min(float[] left, float[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = Math.min(left[i], right[i]);
    }
  }

  private static void max(float[] left, float[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = Math.max(left[i], right[i]);
    }
  }
}
