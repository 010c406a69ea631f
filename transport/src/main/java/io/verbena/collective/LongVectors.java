package io.verbena.collective;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Loops over vectors of long in native memory. */
final class LongVectors {
  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;

  private LongVectors() {}

  /** The loop over bytes, or null if there is none for the operator. */
  static @Nullable Kernel of(Operator operator) {
    return switch (operator) {
      case SUM -> LongVectors::sum;
      case PRODUCT -> LongVectors::product;
      case MIN -> LongVectors::min;
      case MAX -> LongVectors::max;
      default -> null;
    };
  }

  private static LongVector at(MemorySegment segment, long offset) {
    return LongVector.fromMemorySegment(SPECIES, segment, offset, ByteOrder.nativeOrder());
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
      LongVector a = at(left, leftOffset + i);
      LongVector b = at(right, rightOffset + i);
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
      LongVector a = at(left, leftOffset + i);
      LongVector b = at(right, rightOffset + i);
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
      LongVector a = at(left, leftOffset + i);
      LongVector b = at(right, rightOffset + i);
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
      LongVector a = at(left, leftOffset + i);
      LongVector b = at(right, rightOffset + i);
      a.max(b).intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }
}
