package io.verbena.lane.rdma;

import io.netty.buffer.ByteBuf;
import io.verbena.lane.Frame;
import io.verbena.memory.BufferRanges;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.SendBatch;

/**
 * Frames as sends. Short ones travel inline and say rarely that they are done; longer ones hold a
 * send slot until they are. The hub's lock guards it.
 */
final class FrameSender {
  /** Every so many frames that hold no slot, one says that it is done: room has come back. */
  private static final int SIGNAL_INTERVAL = 16;

  private final RdmaLane lane;
  private final LaneGroup group;
  private final LaneMemory memory;
  private final QueuePair pair;
  private int unsignaled;
  private int signaledFrames;

  FrameSender(RdmaLane lane, LaneGroup group, QueuePair pair) {
    this.lane = lane;
    this.group = group;
    this.memory = group.memory;
    this.pair = pair;
  }

  boolean trySend(Frame header, ByteBuf payload, int index) {
    int length = Frame.BYTES + header.length;
    int slot = slotFor(length);
    if (slot < 0) {
      return false;
    }
    int at = LaneMemory.sendAt(slot);
    boolean ready = false;
    try {
      header.write(memory.all(), at);
      payload.getBytes(index, memory.view(at + Frame.BYTES, header.length));
      ready = true;
    } finally {
      if (!ready) {
        giveSlot(slot);
      }
    }
    return post(header, slot, at, length);
  }

  boolean tryAdvertise(Frame header, BufferRanges pieces) {
    header.length = pieces.count() * Advertisement.PIECE_BYTES;
    int length = Frame.BYTES + header.length;
    int slot = slotFor(length);
    if (slot < 0) {
      return false;
    }
    int at = LaneMemory.sendAt(slot);
    boolean ready = false;
    try {
      header.write(memory.all(), at);
      Advertisement.write(pieces, memory.all(), at + Frame.BYTES);
      ready = true;
    } finally {
      if (!ready) {
        giveSlot(slot);
      }
    }
    return post(header, slot, at, length);
  }

  /** Where a frame is put together, or a negative number while there is no room. */
  private int slotFor(int length) {
    if (pair.sends().free() == 0) {
      return -1;
    }
    if (length <= pair.inlineBytes()) {
      return LaneMemory.INLINE_SLOT;
    }
    int slot = group.sendSlots.take(lane);
    if (slot < 0) {
      group.starve(lane);
    }
    return slot;
  }

  private void giveSlot(int slot) {
    if (slot != LaneMemory.INLINE_SLOT) {
      group.giveSlot(slot);
    }
  }

  private boolean post(Frame header, int slot, int at, int length) {
    boolean inline = slot == LaneMemory.INLINE_SLOT;
    boolean signaled =
        !inline
            || ++unsignaled >= SIGNAL_INTERVAL
            || header.type == Frame.CLOSE
            || header.type == LaneProbe.TYPE;
    SendBatch batch = pair.sends();
    if (signaled) {
      batch.signaled();
    }
    if (inline) {
      batch.inline();
    }
    batch.send(LaneDeliveries.FRAME_ID | slot, memory.region, at, length);
    if (!lane.submit(batch)) {
      giveSlot(slot);
      return false;
    }
    if (signaled) {
      signaledFrames++;
      unsignaled = 0;
    }
    return true;
  }

  /** A signaled frame has ended, in one way or the other. */
  void ended(int slot, boolean succeeded) {
    giveSlot(slot);
    if (succeeded) {
      signaledFrames--;
    }
  }

  /** Whether frames are under way that will say that they are done. */
  boolean hasUnsent() {
    return signaledFrames > 0;
  }
}
