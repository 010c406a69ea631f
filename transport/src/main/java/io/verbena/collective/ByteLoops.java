package io.verbena.collective;

import io.verbena.collective.TileKernel.Loop;
import org.jspecify.annotations.Nullable;

/** Loops over arrays of byte. */
final class ByteLoops {
  static final Tiles<byte[]> TILES = new Tiles<>(Byte.BYTES, byte[]::new);

  private ByteLoops() {}

  /** The loop, or null if the operator is not defined for byte. */
  static @Nullable Loop<byte[]> of(Operator operator) {
    return switch (operator) {
      case SUM -> ByteLoops::sum;
      case PRODUCT -> ByteLoops::product;
      case MIN -> ByteLoops::min;
      case MAX -> ByteLoops::max;
      case AND -> ByteLoops::and;
      case OR -> ByteLoops::or;
      case XOR -> ByteLoops::xor;
      default -> null;
    };
  }

  private static void sum(byte[] left, byte[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (byte) (left[i] + right[i]);
    }
  }

  private static void product(byte[] left, byte[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (byte) (left[i] * right[i]);
    }
  }

  private static void min(byte[] left, byte[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (byte) Math.min(left[i], right[i]);
    }
  }

  private static void max(byte[] left, byte[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (byte) Math.max(left[i], right[i]);
    }
  }

  private static void and(byte[] left, byte[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (byte) (left[i] & right[i]);
    }
  }

  private static void or(byte[] left, byte[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (byte) (left[i] | right[i]);
    }
  }

  private static void xor(byte[] left, byte[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = (byte) (left[i] ^ right[i]);
    }
  }
}
