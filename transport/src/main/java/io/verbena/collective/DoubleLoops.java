package io.verbena.collective;

import io.verbena.collective.TileKernel.Loop;
import org.jspecify.annotations.Nullable;

/** Loops over arrays of double. */
final class DoubleLoops {
  static final Tiles<double[]> TILES = new Tiles<>(Double.BYTES, double[]::new);

  private DoubleLoops() {}

  /** The loop, or null if the operator is not defined for double. */
  static @Nullable Loop<double[]> of(Operator operator) {
    return switch (operator) {
      case SUM -> DoubleLoops::sum;
      case PRODUCT -> DoubleLoops::product;
      case MIN -> DoubleLoops::min;
      case MAX -> DoubleLoops::max;
      default -> null;
    };
  }

  private static void sum(double[] left, double[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] + right[i];
    }
  }

  private static void product(double[] left, double[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = left[i] * right[i];
    }
  }

  private static void min(double[] left, double[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = Math.min(left[i], right[i]);
    }
  }

  private static void max(double[] left, double[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = Math.max(left[i], right[i]);
    }
  }
}
