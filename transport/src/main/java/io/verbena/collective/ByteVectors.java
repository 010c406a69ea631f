package io.verbena.collective;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Loops over vectors of byte in native memory. */
final class ByteVectors {
  private static final VectorSpecies<Byte> SPECIES = ByteVector.SPECIES_PREFERRED;

  private ByteVectors() {}

  /** The loop over bytes, or null if there is none for the operator. */
  static @Nullable Kernel of(Operator operator) {
    return switch (operator) {
      case SUM -> ByteVectors::sum;
      case PRODUCT -> ByteVectors::product;
      case MIN -> ByteVectors::min;
      case MAX -> ByteVectors::max;
      default -> null;
    };
  }

  private static ByteVector at(MemorySegment segment, long offset) {
    return ByteVector.fromMemorySegment(SPECIES, segment, offset, ByteOrder.nativeOrder());
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
      ByteVector a = at(left, leftOffset + i);
      ByteVector b = at(right, rightOffset + i);
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
      ByteVector a = at(left, leftOffset + i);
      ByteVector b = at(right, rightOffset + i);
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
      ByteVector a = at(left, leftOffset + i);
      ByteVector b = at(right, rightOffset + i);
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
      ByteVector a = at(left, leftOffset + i);
      ByteVector b = at(right, rightOffset + i);
      a.max(b).intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }
}
