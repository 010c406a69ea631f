package io.verbena.collective;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Loops over vectors of double in native memory. */
final class DoubleVectors {
  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;

  private DoubleVectors() {}

  /** The loop over bytes, or null if there is none for the operator. */
  static @Nullable Kernel of(Operator operator) {
    return switch (operator) {
      case SUM -> DoubleVectors::sum;
      case PRODUCT -> DoubleVectors::product;
      case MIN -> DoubleVectors::min;
      case MAX -> DoubleVectors::max;
      default -> null;
    };
  }

  private static DoubleVector at(MemorySegment segment, long offset) {
    return DoubleVector.fromMemorySegment(SPECIES, segment, offset, ByteOrder.nativeOrder());
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
      DoubleVector a = at(left, leftOffset + i);
      DoubleVector b = at(right, rightOffset + i);
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
      DoubleVector a = at(left, leftOffset + i);
      DoubleVector b = at(right, rightOffset + i);
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
      DoubleVector a = at(left, leftOffset + i);
      DoubleVector b = at(right, rightOffset + i);
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
      DoubleVector a = at(left, leftOffset + i);
      DoubleVector b = at(right, rightOffset + i);
      a.max(b).intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }
}
