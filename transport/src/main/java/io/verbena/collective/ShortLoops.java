package io.verbena.collective;

import io.verbena.collective.TileKernel.Loop;
import org.jspecify.annotations.Nullable;

/** Loops over arrays of short, also for those of char. */
final class ShortLoops {
  static final Tiles<short[]> TILES = new Tiles<>(Short.BYTES, short[]::new);

  private ShortLoops() {}

  /** The loop, or null if the operator is not defined for short. */
  static @Nullable Loop<short[]> of(Operator operator) {
    return switch (operator) {
      case SUM -> ShortLoops::sum;
      case PRODUCT -> ShortLoops::product;
      case MIN -> ShortLoops::min;
      case MAX -> ShortLoops::max;
      case AND -> ShortLoops::and;
      case OR -> ShortLoops::or;
      case XOR -> ShortLoops::xor;
      default -> null;
    };
  }

  /** The loop for char, or null if the operator is not defined for it. */
  static @Nullable Loop<short[]> ofChar(Operator operator) {
    return switch (operator) {
      case MIN -> ShortLoops::unsignedMin;
      case MAX -> ShortLoops::unsignedMax;
      default -> of(operator);
    };
  }

  private static void sum(short[] left, short[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (short) (left[i] + right[i]);
    }
  }

  private static void product(short[] left, short[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (short) (left[i] * right[i]);
    }
  }

  private static void min(short[] left, short[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (short) Math.min(left[i], right[i]);
    }
  }

  private static void max(short[] left, short[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (short) Math.max(left[i], right[i]);
    }
  }

  private static void and(short[] left, short[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (short) (left[i] & right[i]);
    }
  }

  private static void or(short[] left, short[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (short) (left[i] | right[i]);
    }
  }

  private static void xor(short[] left, short[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (short) (left[i] ^ right[i]);
    }
  }

  private static void unsignedMin(short[] left, short[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (short) Math.min(left[i] & 0xffff, right[i] & 0xffff);
    }
  }

  private static void unsignedMax(short[] left, short[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (short) Math.max(left[i] & 0xffff, right[i] & 0xffff);
    }
  }
}
