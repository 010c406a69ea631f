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

  final MemoryRegion region;
  private final ByteBuffer view;

  /** For what is lent to endpoints, who may send before they have read it. */
  private final ByteBuffer lent;

  private final int receivesAt;
  private final int wordsAt;
  private final int wordsOfLane;

  LaneMemory(ProtectionDomain domain, int sends, int receives, int lanes, int wordsOfLane)
      throws VerbsException {
    this.receivesAt = Math.multiplyExact(1 + sends, SLOT_BYTES);
    this.wordsAt = Math.addExact(receivesAt, Math.multiplyExact(receives, SLOT_BYTES));
    this.wordsOfLane = wordsOfLane;
    this.region =
        domain.allocate(wordsAt + (long) lanes * wordsOfLane * Long.BYTES, Access.LOCAL_WRITE);
    this.view = region.memory().asByteBuffer();
    this.lent = region.memory().asByteBuffer();
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
