package io.verbena.lane.rdma;

import java.util.Arrays;

/**
 * Frames that came to a lane before anybody wanted them, in order. Their receive slots are not
 * filled again meanwhile. The hub's lock guards it.
 */
final class EarlyFrames {
  private final LaneGroup group;
  private final int most;

  /** Slot and length of each. */
  private long[] frames = {};

  private int count;

  /**
   * @param most how many receives the lane has
   */
  EarlyFrames(LaneGroup group, int most) {
    this.group = group;
    this.most = most;
  }

  /** Keeps a frame; false if there are more than the lane has receives. */
  boolean add(int slot, int bytes) {
    if (count == most) {
      return false;
    }
    if (count == frames.length) {
      frames = Arrays.copyOf(frames, Math.min(most, 2 * count + 1));
    }
    frames[count++] = (long) slot << Integer.SIZE | bytes;
    group.kept(1);
    return true;
  }

  /** Delivers all; what the lane's endpoint does with one may close the lane. */
  void deliver(RdmaLane lane) {
    long[] all = frames;
    int number = forget();
    for (int i = 0; i < number; i++) {
      int slot = (int) (all[i] >>> Integer.SIZE);
      if (lane.isClosed()) {
        group.drop(slot);
      } else {
        group.deliver(lane, slot, (int) all[i]);
      }
    }
  }

  /** Gives the slots back. */
  void drop() {
    long[] all = frames;
    int number = forget();
    for (int i = 0; i < number; i++) {
      group.drop((int) (all[i] >>> Integer.SIZE));
    }
  }

  private int forget() {
    int number = count;
    count = 0;
    frames = new long[0];
    group.kept(-number);
    return number;
  }
}
