package io.verbena.collective;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Loops over vectors of short, and of char, in native memory. */
final class ShortVectors {
  private static final VectorSpecies<Short> SPECIES = ShortVector.SPECIES_PREFERRED;

  private ShortVectors() {}

  /** The loop over bytes, or null if there is none for the operator. */
  static @Nullable Kernel of(Operator operator) {
    return switch (operator) {
      case SUM -> ShortVectors::sum;
      case PRODUCT -> ShortVectors::product;
      case MIN -> ShortVectors::min;
      case MAX -> ShortVectors::max;
      default -> null;
    };
  }

  /** The loop for char, or null if there is none for the operator. */
  static @Nullable Kernel ofChar(Operator operator) {
    return switch (operator) {
      case MIN -> ShortVectors::unsignedMin;
      case MAX -> ShortVectors::unsignedMax;
      default -> of(operator);
    };
  }

  private static ShortVector at(MemorySegment segment, long offset) {
    return ShortVector.fromMemorySegment(SPECIES, segment, offset, ByteOrder.nativeOrder());
  }

  private static void sum(
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment target,
      long targetOffset,
      long bytes) {
    for (long i = 0; i < bytes; i += SPECIES.vectorByteSize()) {
      ShortVector a = at(left, leftOffset + i);
      ShortVector b = at(right, rightOffset + i);
      a.add(b).intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }

  private static void product(
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment target,
      long targetOffset,
      long bytes) {
    for (long i = 0; i < bytes; i += SPECIES.vectorByteSize()) {
      ShortVector a = at(left, leftOffset + i);
      ShortVector b = at(right, rightOffset + i);
      a.mul(b).intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }

  private static void min(
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment target,
      long targetOffset,
      long bytes) {
    for (long i = 0; i < bytes; i += SPECIES.vectorByteSize()) {
      ShortVector a = at(left, leftOffset + i);
      ShortVector b = at(right, rightOffset + i);
      a.min(b).intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }

  private static void max(
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment target,
      long targetOffset,
      long bytes) {
    for (long i = 0; i < bytes; i += SPECIES.vectorByteSize()) {
      ShortVector a = at(left, leftOffset + i);
      ShortVector b = at(right, rightOffset + i);
      a.max(b).intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }

  private static void unsignedMin(
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment target,
      long targetOffset,
      long bytes) {
    for (long i = 0; i < bytes; i += SPECIES.vectorByteSize()) {
      ShortVector a = at(left, leftOffset + i);
      ShortVector b = at(right, rightOffset + i);
      a.lanewise(VectorOperators.UMIN, b)
          .intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }

  private static void unsignedMax(
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment target,
      long targetOffset,
      long bytes) {
    for (long i = 0; i < bytes; i += SPECIES.vectorByteSize()) {
      ShortVector a = at(left, leftOffset + i);
      ShortVector b = at(right, rightOffset + i);
      a.lanewise(VectorOperators.UMAX, b)
          .intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }
}
