package io.verbena.lane.rdma;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Equal slots of registered memory, each with its view for reading and writing. */
final class Slots {
  private final long base;
  private final int slotBytes;
  private final ByteBuffer[] views;

  /** The slots lie side by side in a region's memory, from {@code base} on. */
  Slots(MemorySegment memory, long base, int count, int slotBytes) {
    this.base = base;
    this.slotBytes = slotBytes;
    this.views = new ByteBuffer[count];
    for (int slot = 0; slot < count; slot++) {
      views[slot] = memory.asSlice(offset(slot), slotBytes).asByteBuffer();
    }
  }

  int count() {
    return views.length;
  }

  /** Where a slot starts in the region. */
  long offset(int slot) {
    return base + (long) slot * slotBytes;
  }

  /** The big-endian view of a slot; its position and limit are the user's. */
  ByteBuffer view(int slot) {
    return views[slot];
  }
}
