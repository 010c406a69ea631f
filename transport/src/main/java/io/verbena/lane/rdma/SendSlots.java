package io.verbena.lane.rdma;

import org.jspecify.annotations.Nullable;

/**
 * The send slots of a group of lanes. A lane holds a slot from the post of a frame to its
 * completion, which takes seconds if its peer has gone: so each has one slot that no other can
 * take, and of those that are shared one lane gets half at most. The hub's lock guards it.
 */
final class SendSlots {
  private static final int NONE = -1;

  /** Those that are shared. */
  private static final int SHARED = 32;

  private static final int MOST_OF_LANE = 1 + SHARED / 2;

  private final int lanes;
  private final @Nullable RdmaLane[] holders;
  private final int[] free;
  private int freeCount;

  /** Lanes that hold one or more. */
  private int holding;

  /** Slots are numbered from 1: the slot for inline frames, which nobody holds, comes before. */
  SendSlots(int lanes) {
    this.lanes = lanes;
    int count = count(lanes);
    holders = new RdmaLane[count + 1];
    free = new int[count];
    for (int slot = count; slot > 0; slot--) {
      free[freeCount++] = slot;
    }
  }

  /** How many slots so many lanes have. */
  static int count(int lanes) {
    return SHARED + lanes;
  }

  boolean canTake(RdmaLane lane) {
    int kept = lanes - holding;
    return lane.slotsHeld == 0 || (lane.slotsHeld < MOST_OF_LANE && freeCount > kept);
  }

  /** A slot for a lane, or a negative number if there is none. */
  int take(RdmaLane lane) {
    if (!canTake(lane)) {
      return NONE;
    }
    if (lane.slotsHeld++ == 0) {
      holding++;
    }
    int slot = free[--freeCount];
    holders[slot] = lane;
    return slot;
  }

  void give(int slot) {
    RdmaLane lane = holders[slot];
    if (lane != null) {
      holders[slot] = null;
      free[freeCount++] = slot;
      if (--lane.slotsHeld == 0) {
        holding--;
      }
    }
  }

  /** Takes back what a lane holds, of which no completion will tell any more. */
  void giveAll(RdmaLane lane) {
    for (int slot = 1; slot < holders.length; slot++) {
      if (holders[slot] == lane) {
        give(slot);
      }
    }
  }
}
