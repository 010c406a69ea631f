package io.verbena.memory;

import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Memory that was allocated and registered in one piece, and which parts of it are taken. Guarded
 * by the lock of its {@link SlabHeap}; what is final is read by all.
 */
final class Slab {
  /** Memory is handed out in multiples of this. */
  static final int UNIT = 64 << 10;

  /** The longest block: its end must be an int. */
  static final int LARGEST = Integer.MAX_VALUE / UNIT * UNIT;

  /** All of the slab, big-endian. */
  final ByteBuffer bytes;

  final long address;

  /** The registration, or null where there is no adapter. */
  final @Nullable MemoryRegion region;

  private final RegisteredMemory memory;
  private final int units;
  private final BitSet taken = new BitSet();
  private int takenUnits;

  Slab(RegisteredMemory memory) {
    this.memory = memory;
    this.bytes = memory.segment().asByteBuffer();
    this.address = memory.segment().address();
    this.region = memory.region();
    this.units = bytes.capacity() / UNIT;
  }

  @Nullable MemoryRegion region(ProtectionDomain domain) {
    return memory.region(domain);
  }

  int length() {
    return bytes.capacity();
  }

  boolean isIdle() {
    return takenUnits == 0;
  }

  /** The offset of so many free units beside each other, which are taken now; or -1. */
  int take(int wanted) {
    if (wanted > units - takenUnits) {
      return -1;
    }
    int first = taken.nextClearBit(0);
    while (first + wanted <= units) {
      int next = taken.nextSetBit(first);
      if (next < 0 || next - first >= wanted) {
        taken.set(first, first + wanted);
        takenUnits += wanted;
        return first * UNIT;
      }
      first = taken.nextClearBit(next);
    }
    return -1;
  }

  void give(int offset, int returned) {
    int first = offset / UNIT;
    taken.clear(first, first + returned);
    takenUnits -= returned;
  }

  /**
   * Deregisters and frees the memory.
   *
   * @throws IllegalStateException if the device does not let go of it, or the system is using it
   */
  void free() {
    memory.close();
  }
}
