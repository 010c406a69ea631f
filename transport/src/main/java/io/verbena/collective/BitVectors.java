package io.verbena.collective;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Loops over bits in native memory, whatever integers they belong to. */
final class BitVectors {
  private static final VectorSpecies<Byte> SPECIES = ByteVector.SPECIES_PREFERRED;

  private BitVectors() {}

  /** The loop over bytes, or null if there is none for the operator. */
  static @Nullable Kernel of(Operator operator) {
    return switch (operator) {
      case AND -> BitVectors::and;
      case OR -> BitVectors::or;
      case XOR -> BitVectors::xor;
      default -> null;
    };
  }

  private static ByteVector at(MemorySegment segment, long offset) {
    return ByteVector.fromMemorySegment(SPECIES, segment, offset, ByteOrder.nativeOrder());
  }

  private static void and(
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
      a.and(b).intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }

  private static void or(
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
      a.or(b).intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }

  private static void xor(
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
      a.lanewise(VectorOperators.XOR, b)
          .intoMemorySegment(target, targetOffset + i, ByteOrder.nativeOrder());
    }
  }
}
