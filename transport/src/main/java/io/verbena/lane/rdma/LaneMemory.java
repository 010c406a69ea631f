package io.verbena.lane.rdma;

import io.verbena.lane.Frame;
import io.verbena.verbs.Access;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.VerbsException;
import java.nio.ByteBuffer;

/**
 * The registered memory of a {@link LaneGroup}: one slot in which frames are put together that
 * travel inline, the send slots, the receive slots, and for each lane a word for the previous value
 * of each atomic. Few views serve all of it: one for each slot would cost more heap than an idle
 * lane may take.
 */
final class LaneMemory {
  /** Both sides' receive slots have this room: part of the protocol. */
  static final int MAX_PAYLOAD = 8 << 10;

  static final int SLOT_BYTES = Frame.BYTES + MAX_PAYLOAD;

  /** The slot for frames that travel inline; the send slots follow. */
  static final int INLINE_SLOT = 0;

  /** Of the memory of a group, about: it is registered while all lanes wait. */
  private static final int MOST_BYTES = 32 << 20;

  final MemoryRegion region;
  private final ByteBuffer view;

  /** For what is lent to endpoints, who may send before they have read it. */
  private final ByteBuffer lent;

  private final int receivesAt;
  private final int wordsAt;
  private final int wordsOfLane;

  /**
   * @throws IllegalArgumentException if that is more than there are places for
   */
  LaneMemory(ProtectionDomain domain, int sends, int receives, int lanes, int wordsOfLane)
      throws VerbsException {
    long slots = 1L + sends + receives;
    long bytes = slots * SLOT_BYTES + (long) lanes * wordsOfLane * Long.BYTES;
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%d lanes with %d receives take %d bytes: too many for one piece of memory"
              .formatted(lanes, receives, bytes));
    }
    this.receivesAt = (1 + sends) * SLOT_BYTES;
    this.wordsAt = (int) slots * SLOT_BYTES;
    this.wordsOfLane = wordsOfLane;
    this.region = domain.allocate(bytes, Access.LOCAL_WRITE);
    this.view = region.memory().asByteBuffer();
    this.lent = region.memory().asByteBuffer();
  }

  /** How many lanes a group may have, at least one, so that its memory is not too much. */
  static int mostLanes(int receivesOfLane, int wordsOfLane) {
    // Each brings a send slot.
    long bytes = (receivesOfLane + 1L) * SLOT_BYTES + (long) wordsOfLane * Long.BYTES;
    return (int) Math.max(1, MOST_BYTES / bytes);
  }

  /** Where a send slot starts, or {@link #INLINE_SLOT}. */
  static int sendAt(int slot) {
    return slot * SLOT_BYTES;
  }

  /** Where a receive slot starts. */
  int receiveAt(int slot) {
    return receivesAt + slot * SLOT_BYTES;
  }

  /** Where the words of a lane start. */
  int wordsAt(int place) {
    return wordsAt + place * wordsOfLane * Long.BYTES;
  }

  int wordsOfLane() {
    return wordsOfLane;
  }

  /** The view with nothing but these bytes; big-endian, and the next call changes it. */
  ByteBuffer view(int at, int length) {
    return view.limit(at + length).position(at);
  }

  /** Another view with nothing but these bytes; only the next call of this changes it. */
  ByteBuffer lend(int at, int length) {
    return lent.limit(at + length).position(at);
  }

  /** The view for absolute access. */
  ByteBuffer all() {
    return view.clear();
  }
}
