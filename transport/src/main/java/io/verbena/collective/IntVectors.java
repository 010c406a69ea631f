package io.verbena.collective;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Loops over vectors of int in native memory. */
final class IntVectors {
  private static final VectorSpecies<Integer> SPECIES = IntVector.SPECIES_PREFERRED;

  private IntVectors() {}

  /** The loop over bytes, or null if there is none for the operator. */
  static @Nullable Kernel of(Operator operator) {
    return switch (operator) {
      case SUM -> IntVectors::sum;
      case PRODUCT -> IntVectors::product;
      case MIN -> IntVectors::min;
      case MAX -> IntVectors::max;
      default -> null;
    };
  }

  private static IntVector at(MemorySegment segment, long offset) {
    return IntVector.fromMemorySegment(SPECIES, segment, offset, ByteOrder.nativeOrder());
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
      IntVector a = at(left, leftOffset + i);
      IntVector b = at(right, rightOffset + i);
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
      IntVector a = at(left, leftOffset + i);
      IntVector b = at(right, rightOffset + i);
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
      IntVector a = at(left, leftOffset + i);
      IntVector b = at(right, rightOffset + i);
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
      IntVector a = at(left, leftOffset + i);
      IntVector b = at(right, rightOffset + i);
      a.max(b).intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }
}
