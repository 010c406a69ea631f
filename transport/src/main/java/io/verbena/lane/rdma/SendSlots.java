package io.verbena.lane.rdma;

import org.jspecify.annotations.Nullable;

/**
 * The send slots that the lanes of a group share. A lane holds a slot from the post of a frame to
 * its completion. The hub's lock guards it.
 */
final class SendSlots {
  private static final int NONE = -1;

  private final @Nullable RdmaLane[] holders;
  private final int[] free;
  private int freeCount;

  /** Slots are numbered from 1: the slot for inline frames, which nobody holds, comes before. */
  SendSlots(int count) {
    holders = new RdmaLane[count + 1];
    free = new int[count];
    for (int slot = count; slot > 0; slot--) {
      free[freeCount++] = slot;
    }
  }

  /** A slot for a lane, or a negative number if there is none. */
  int take(RdmaLane holder) {
    if (freeCount == 0) {
      return NONE;
    }
    int slot = free[--freeCount];
    holders[slot] = holder;
    return slot;
  }

  void give(int slot) {
    if (holders[slot] != null) {
      holders[slot] = null;
      free[freeCount++] = slot;
    }
  }

  /** Takes back what a lane holds, of which no completion will tell any more. */
  void giveAll(RdmaLane holder) {
    for (int slot = 1; slot < holders.length; slot++) {
      if (holders[slot] == holder) {
        give(slot);
      }
    }
  }

  int free() {
    return freeCount;
  }
}
