package io.verbena;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import io.verbena.lane.Frame;
import io.verbena.lane.Lane;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a conversation: messages to numbered frames, under the peer's credit. Holds
 * one message that is on its way to the lane, and those that the peer has still to pull. The
 * endpoint's lock guards it.
 */
final class Outbox {
  private final Ends ends;
  private final Lane lane;
  private final Inbox inbox;
  private final Frame out = new Frame();
  private final int longestFrame;

  /** Frames that use credit which the peer lets us have under way. */
  private final int window;

  private @Nullable ByteBuf outgoing;
  private int outgoingAt;

  /** What of {@link #outgoing} the peer can pull: itself, or a copy. */
  private @Nullable ByteBuf prepared;

  private boolean notifying;
  private int notification;

  /** Messages that the peer has still to pull, at their number modulo {@link Pulls#MOST}. */
  private @Nullable ByteBuf @Nullable [] advertised;

  private long advertisedCount;
  private long pulledCount;

  private long sequence;

  /** The same without a CLOSE. */
  private long creditFrames;

  /** How many numbered frames the peer has taken, as far as it has told. */
  private long acknowledged;

  private long creditUsed;
  private long credit;
  private long creditTold;
  private long pulledTold;

  long messages;
  long bytes;
  long stalls;
  private long stalledSince;

  Outbox(Ends ends, Lane lane, Inbox inbox, int window) {
    this.ends = ends;
    this.lane = lane;
    this.inbox = inbox;
    this.window = window;
    this.credit = window;
    // Half of it at most, so that the peer can make room for one frame while the next is sent.
    long longest = Math.max(1, window / 2) * (long) lane.creditBytes();
    this.longestFrame = (int) Math.min(lane.maxPayload(), longest);
    this.creditTold = inbox.credit();
  }

  /**
   * Credit, in every header.
   *
   * @return whether that was news
   */
  boolean credit(long told) {
    if (told <= credit) {
      return false;
    }
    credit = told;
    return true;
  }

  /**
   * The peer tells, in every header, how many numbered frames it has taken.
   *
   * @return false if it cannot have taken so many
   */
  boolean acknowledge(long told) {
    acknowledged = Math.max(acknowledged, told);
    return told >= 0 && told <= sequence;
  }

  /** Whether the peer has said that it has taken all messages and notifications. */
  boolean isAcknowledged() {
    return acknowledged >= creditFrames && !hasOutgoing();
  }

  /** Whether the peer has given more credit than it can have: what we used, and its window. */
  boolean isOverCredited() {
    return credit > creditUsed + window;
  }

  /** Whether the peer has pulled more than it has told so far. */
  boolean isPullNews(long count) {
    return count > pulledCount;
  }

  /**
   * The peer has pulled messages.
   *
   * @return false if it cannot have pulled so many
   */
  boolean pulled(long count) {
    @Nullable ByteBuf[] waiting = advertised;
    if (count > advertisedCount) {
      return false;
    }
    for (; waiting != null && pulledCount < count; pulledCount++) {
      int place = (int) pulledCount & (Pulls.MOST - 1);
      ReferenceCountUtil.safeRelease(waiting[place]);
      waiting[place] = null;
    }
    return true;
  }

  boolean hasOutgoing() {
    return outgoing != null || notifying;
  }

  /** Whether the peer has still to pull something. */
  boolean isAdvertising() {
    return pulledCount < advertisedCount;
  }

  /** Takes a message over, or returns false while the one before is not with the lane. */
  boolean offer(ByteBuf message) {
    if (hasOutgoing()) {
      pump();
      if (hasOutgoing()) {
        return false;
      }
    }
    int length = message.readableBytes();
    outgoing = message;
    outgoingAt = 0;
    boolean taken = false;
    try {
      pump();
      taken = true;
    } finally {
      // A released buffer, most likely: it stays the caller's as long as nothing of it has left.
      if (!taken && outgoingAt == 0) {
        outgoing = null;
        dropCopy(message);
      }
    }
    messages++;
    bytes += length;
    return true;
  }

  /** Whether a part of a message has left that cannot be sent to its end. */
  boolean isTorn() {
    return outgoing != null && outgoingAt > 0;
  }

  /** The next frame after all that was offered; there must be nothing outgoing. */
  void notify(int value) {
    notifying = true;
    notification = value;
    pump();
  }

  /** Sends what can be sent. */
  void pump() {
    boolean more = hasOutgoing();
    while (more) {
      if (isPeerBehind()) {
        stalled();
        return;
      }
      more = (outgoing == null ? sendNotification() : sendMessage(outgoing)) && hasOutgoing();
    }
    endStall();
  }

  private void endStall() {
    if (stalledSince != 0) {
      StallEvent.commit(ends, stalledSince);
      stalledSince = 0;
    }
  }

  private boolean isPeerBehind() {
    return creditUsed + nextCost() > credit
        || (outgoing != null && isLong(outgoing) && advertisedCount - pulledCount == Pulls.MOST);
  }

  /** Whether the peer is to pull a message, of which nothing has been sent yet. */
  private boolean isLong(ByteBuf message) {
    return outgoingAt == 0 && message.readableBytes() > lane.eagerBytes();
  }

  /** What the next frame uses of the credit; only DATA frames use more than 1. */
  private int nextCost() {
    return outgoing == null ? 1 : lane.credits(nextLength(outgoing));
  }

  private int nextLength(ByteBuf message) {
    return Math.min(message.readableBytes() - outgoingAt, longestFrame);
  }

  private void stalled() {
    if (stalledSince == 0) {
      stalledSince = System.nanoTime() | 1;
      stalls++;
    }
  }

  private boolean sendNotification() {
    Frame frame = header(Frame.NOTIFY, 0, notification & 0xffffffffL);
    if (!lane.trySend(frame, Unpooled.EMPTY_BUFFER, 0)) {
      return false;
    }
    sentWithCredit(frame);
    notifying = false;
    return true;
  }

  private boolean sendMessage(ByteBuf message) {
    int total = message.readableBytes();
    if (isLong(message)) {
      ByteBuf reachable = prepared == null ? lane.pullable(message) : prepared;
      if (reachable != null) {
        prepared = reachable;
        return advertise(message, reachable, total);
      }
    }
    int length = nextLength(message);
    boolean last = outgoingAt + length == total;
    boolean first = outgoingAt == 0;
    Frame frame = header(Frame.DATA, length, first ? total : 0);
    frame.flags = (byte) ((first ? Frame.FIRST : 0) | (last ? Frame.LAST : 0));
    if (!lane.trySend(frame, message, message.readerIndex() + outgoingAt)) {
      return false;
    }
    sentWithCredit(frame);
    outgoingAt += length;
    if (last) {
      outgoing = null;
      message.release();
    }
    return true;
  }

  @SuppressWarnings("ReferenceEquality") // the message itself, or a copy
  private boolean advertise(ByteBuf message, ByteBuf reachable, int total) {
    Frame frame = header(Frame.ADVERTISE, 0, total);
    if (!lane.tryAdvertise(frame, reachable)) {
      return false;
    }
    sentWithCredit(frame);
    if (advertised == null) {
      advertised = new @Nullable ByteBuf[Pulls.MOST];
    }
    advertised[(int) advertisedCount++ & (Pulls.MOST - 1)] = reachable;
    prepared = null;
    outgoing = null;
    if (reachable != message) {
      message.release();
    }
    return true;
  }

  /** Sends a frame that needs no credit, of which there are few; false if the lane has no room. */
  boolean sendControl(byte type, long detail) {
    Frame frame = header(type, 0, detail);
    if (!lane.trySend(frame, Unpooled.EMPTY_BUFFER, 0)) {
      return false;
    }
    sent(frame);
    return true;
  }

  /** Says goodbye, behind everything else; false if there is something else, or no room. */
  boolean sendClose() {
    if (hasOutgoing() || isAdvertising() || !sendControl(Frame.CLOSE, 0)) {
      return false;
    }
    sequence++;
    return true;
  }

  /** Tells the peer of credit when it is worth a frame: frames of ours carry it anyway. */
  void grantCredit(int window) {
    boolean pulled = inbox.pulledCount() != pulledTold;
    if (pulled || inbox.credit() - creditTold >= (window + 1) / 2) {
      long count = inbox.pulledCount();
      if (sendControl(Frame.CREDIT, count)) {
        pulledTold = count;
      }
    }
  }

  private Frame header(byte type, int length, long detail) {
    out.type = type;
    out.flags = 0;
    out.length = length;
    out.sequence = sequence;
    out.acknowledged = inbox.taken();
    out.credit = inbox.credit();
    out.detail = detail;
    return out;
  }

  private void sent(Frame frame) {
    creditTold = frame.credit;
  }

  private void sentWithCredit(Frame frame) {
    sent(frame);
    sequence++;
    creditFrames = sequence;
    creditUsed += lane.credits(frame.length);
  }

  /** Drops what the peer will not take any more. */
  void drop() {
    // Safe: an application that released it too early must not break the end of the endpoint.
    ByteBuf message = outgoing;
    outgoing = null;
    notifying = false;
    endStall();
    dropCopy(message);
    ReferenceCountUtil.safeRelease(message);
    pulled(advertisedCount);
  }

  @SuppressWarnings("ReferenceEquality") // the message itself, or a copy
  private void dropCopy(@Nullable ByteBuf message) {
    if (prepared != message) {
      ReferenceCountUtil.safeRelease(prepared);
    }
    prepared = null;
  }
}
