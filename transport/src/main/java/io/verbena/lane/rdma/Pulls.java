package io.verbena.lane.rdma;

import io.netty.buffer.ByteBuf;
import io.verbena.verbs.MemoryRegion;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The pulls of one lane that are under way, oldest first. The hub's lock guards it. */
final class Pulls {
  private final RdmaLane lane;
  private final MessageMemory messages;

  /** To use again, for all lanes. */
  private final ArrayDeque<Pull> spare;

  private final long largest;
  private @Nullable Pull first;

  /**
   * @param hub of the lane's adapter
   * @param largest bytes of one request at most
   */
  Pulls(RdmaLane lane, RdmaHub hub, long largest) {
    this.lane = lane;
    this.messages = hub.messages;
    this.spare = hub.sparePulls;
    this.largest = largest;
  }

  /** Starts a pull to the writable bytes of a buffer; false if the send queue has no room. */
  boolean start(ByteBuf target, ByteBuffer payload, long cookie) {
    MemoryRegion region = messages.regionOf(target, lane);
    if (region == null) {
      return false;
    }
    // The end of one must not come before that of the one before.
    if (lane.roomForOperations() < 1 || !isAllPosted()) {
      return false;
    }
    Pull pull = spare.poll();
    if (pull == null) {
      pull = new Pull();
    }
    long offset = target.memoryAddress() + target.writerIndex() - region.address();
    pull.start(cookie, region, offset, payload);
    append(pull);
    if (!post(pull)) {
      remove(pull);
      return false;
    }
    return true;
  }

  private boolean isAllPosted() {
    for (Pull each = first; each != null; each = each.next) {
      if (!each.isPosted()) {
        return false;
      }
    }
    return true;
  }

  private void append(Pull pull) {
    Pull last = first;
    if (last == null) {
      first = pull;
      return;
    }
    while (last.next != null) {
      last = last.next;
    }
    last.next = pull;
  }

  private void remove(Pull pull) {
    Pull before = null;
    for (Pull each = first; each != null; each = each.next) {
      if (each == pull) {
        if (before == null) {
          first = pull.next;
        } else {
          before.next = pull.next;
        }
        break;
      }
      before = each;
    }
    pull.clear();
    spare.push(pull);
  }

  private boolean post(Pull pull) {
    int room = lane.roomForOperations();
    if (room < 1) {
      return false;
    }
    boolean posted = false;
    try {
      pull.add(lane.sends(), LaneDeliveries.PULL_ID | pull.cookie, room, largest);
      posted = lane.submit(lane.sends());
    } finally {
      if (!posted) {
        lane.sends().clear();
      }
    }
    pull.isWaiting = posted;
    return posted;
  }

  /** Posts what found no room before. */
  void proceed() {
    for (Pull each = first; each != null; each = each.next) {
      if (!each.isWaiting && !post(each)) {
        return;
      }
    }
  }

  /** A signaled request has ended; returns whether with it the whole pull has. */
  boolean advanced(long cookie) {
    for (Pull each = first; each != null; each = each.next) {
      if (each.cookie == cookie) {
        each.isWaiting = false;
        if (each.isPosted()) {
          remove(each);
          return true;
        }
        return false;
      }
    }
    return false;
  }

  /** Forgets all: the queue pair is gone. */
  void clear() {
    while (first != null) {
      remove(first);
    }
  }
}
