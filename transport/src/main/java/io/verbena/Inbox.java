package io.verbena;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.TransportException.Kind;
import io.verbena.lane.Frame;
import io.verbena.lane.Intake;
import io.verbena.lane.Lane;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a conversation: numbered frames to messages, the memory that they may take,
 * and the credit that the peer gets. The endpoint's lock guards it.
 *
 * <p>Methods that take frames return what is wrong with them, or null.
 */
final class Inbox {
  /** What a message takes besides its bytes: empty ones must not be free of charge. */
  private static final int MESSAGE_OVERHEAD_BYTES = 256;

  private final Lane lane;
  private final int window;
  private final int longestMessage;
  private final int budgetBytes;
  private final Arrivals arrivals = new Arrivals();
  private final Pulls pulls;
  private final Assembly assembly;

  private @Nullable Intake intake;

  /** Whether the frame that is arriving goes where the intake said. */
  private boolean placing;

  /** Bytes of messages that nobody has taken, each with its overhead, and of those on their way. */
  private long heldBytes;

  private long heldMessages;
  private long expected;

  /** Whether the payload of the last numbered frame is still to come. */
  private boolean arriving;

  private long creditable;
  private long released;

  long messages;
  long bytes;
  long pulled;
  long notifications;
  long unheard;

  Inbox(Lane lane, ByteBufAllocator allocator, int window, int longestMessage, int budgetBytes) {
    this.lane = lane;
    this.window = window;
    this.longestMessage = longestMessage;
    this.budgetBytes = budgetBytes;
    this.pulls = new Pulls(lane, allocator);
    this.assembly = new Assembly(allocator);
  }

  /** How many numbered frames have been taken: not the one whose payload is still to come. */
  long taken() {
    return expected - (arriving ? 1 : 0);
  }

  /** How many frames that use credit the peer may send, counted from the beginning. */
  long credit() {
    return released + window;
  }

  /** How many of the peer's advertised messages have been pulled. */
  long pulledCount() {
    return pulls.finished();
  }

  /** The number of a frame that has one. */
  @Nullable String number(Frame header) {
    if (header.sequence != expected) {
      return "frame %d where %d was due".formatted(header.sequence, expected);
    }
    expected++;
    return null;
  }

  /** A frame that uses credit. */
  @Nullable String credited(Frame header) {
    int cost = lane.credits(header.length);
    if (creditable + cost - released > window) {
      return "more frames than it has credit for";
    }
    creditable += cost;
    return number(header);
  }

  void intake(Intake first) {
    intake = first;
  }

  /**
   * The intake, if a DATA frame is a message for it: one that nothing else is to be taken before.
   */
  private @Nullable Intake intakeFor(Frame header) {
    boolean whole = header.isFirst() && header.isLast() && header.detail == header.length;
    return whole && assembly.isIdle() && arrivals.isEmpty() && !isBadLength(header.detail)
        ? intake
        : null;
  }

  /** Whether the intake has taken the message that is a DATA frame; else it is to begin. */
  boolean isTaken(Frame header, ByteBuffer payload) {
    Intake first = intakeFor(header);
    if (first == null || !first.take(payload)) {
      return false;
    }
    taken(header);
    return true;
  }

  /** Where the intake wants the rest of a DATA frame; null if the frame is to begin. */
  @Nullable ByteBuffer place(Frame header, ByteBuffer there) {
    Intake first = intakeFor(header);
    ByteBuffer room = first == null ? null : first.place(there, header.length);
    placing = room != null;
    arriving = true;
    return room;
  }

  private void taken(Frame header) {
    messages++;
    bytes += header.length;
    release();
  }

  /** A DATA frame: makes sure that its payload has a place. */
  @Nullable String begin(Frame header) {
    if (header.isFirst() != assembly.isIdle()) {
      return "a message that starts within another";
    }
    if (header.isFirst()) {
      if (isBadLength(header.detail)) {
        return "a message of %d bytes".formatted(header.detail);
      }
      assembly.start((int) header.detail);
    }
    return assembly.makeRoom(header);
  }

  private boolean isBadLength(long length) {
    return length < 0 || length > longestMessage;
  }

  /** Where the rest of the payload of the frame that has begun goes; takes what is there. */
  @Nullable ByteBuffer room(Frame header, ByteBuffer there) {
    return assembly.room(header, there);
  }

  /** The rest of a payload is where it was to go. */
  void arrived(Frame header, @Nullable RuntimeException unusable) {
    arriving = false;
    Intake first = intake;
    if (placing && first != null) {
      placing = false;
      taken(header);
      first.placed(unusable);
      return;
    }
    if (unusable != null) {
      throw unusable;
    }
    assembly.arrived();
    finish(header.isLast());
  }

  void append(ByteBuffer payload) {
    assembly.append(payload);
  }

  /** The payload of the frame that had begun is there. */
  void finish(boolean last) {
    ByteBuf message = last ? assembly.finish() : null;
    if (message != null) {
      arrivals.add(message);
      hold(message.readableBytes());
      messages++;
      bytes += message.readableBytes();
    }
    release();
  }

  /** An ADVERTISE frame. */
  @Nullable String advertised(Frame header, ByteBuffer payload) {
    String wrong = credited(header);
    if (wrong != null) {
      return wrong;
    }
    if (!assembly.isIdle()) {
      return "a message that starts within another";
    }
    if (isBadLength(header.detail) || !lane.isAdvertisement(payload, header.detail)) {
      return "a message of %d bytes that cannot be pulled".formatted(header.detail);
    }
    if (pulls.isFull()) {
      return "more messages to pull than it may";
    }
    pulls.add(header.detail, arrivals.reserve(), payload);
    startPulls();
    release();
    return null;
  }

  /** Whether messages wait to be pulled. */
  boolean awaitsPulls() {
    return !pulls.isIdle();
  }

  /** Pulls what there is memory for. */
  void startPulls() {
    while (!pulls.isIdle()) {
      long length = pulls.nextLength();
      // A single message is taken whatever its length; what is behind it waits for it, too.
      if (heldMessages > 0 && heldBytes + length > budgetBytes && !pulls.isAwaited(arrivals)) {
        return;
      }
      if (!pulls.start()) {
        return;
      }
      hold(length);
    }
  }

  /** Now and then: pulls what there may be memory for again. */
  void tick(long now) {
    if (pulls.isToBeTried(now)) {
      startPulls();
    }
  }

  /** Which message waits because there is no memory for it, and why; or null. */
  @Nullable String shortage() {
    RuntimeException refusal = pulls.isIdle() ? null : pulls.refusal();
    return refusal == null
        ? null
        : "a message of %d bytes waits for memory of the transport's bufferPool: %s"
            .formatted(pulls.nextLength(), refusal.getMessage());
  }

  /** The {@link #shortage}, once for each that lasts. */
  @Nullable String shortageToReport(long now) {
    return !pulls.isIdle() && pulls.hasToReport(now) ? shortage() : null;
  }

  /** Goes on with pulls that the lane had no room for: not those that lack memory, each time. */
  void retryPulls() {
    if (!pulls.isIdle() && pulls.refusal() == null) {
      startPulls();
    }
  }

  /** A pull is done; false if it is none of ours. */
  boolean pulled(long cookie) {
    if (!pulls.isNext(cookie)) {
      return false;
    }
    bytes += pulls.finish(arrivals);
    messages++;
    pulled++;
    return true;
  }

  /** A NOTIFY frame. */
  @Nullable String notified(Frame header) {
    String wrong = credited(header);
    if (wrong == null) {
      if (!header.isVoid()) {
        arrivals.addNotification((int) header.detail);
        hold(0);
        notifications++;
      }
      release();
    }
    return wrong;
  }

  private void hold(long length) {
    heldBytes += length + MESSAGE_OVERHEAD_BYTES;
    heldMessages++;
  }

  private void unhold(long length) {
    heldBytes -= length + MESSAGE_OVERHEAD_BYTES;
    heldMessages--;
    if (!pulls.isIdle()) {
      startPulls();
    }
    release();
  }

  /** Frames whose bytes have a place make room for others, as long as that is not too much. */
  private void release() {
    if (heldBytes <= budgetBytes) {
      released = creditable;
    }
  }

  /** What is next: see {@link Arrivals}. */
  int next() {
    return arrivals.next();
  }

  /** The next message, owned by the caller, or null; notifications before it are lost. */
  @Nullable ByteBuf takeMessage() {
    while (arrivals.next() == Arrivals.NOTIFICATION) {
      takeNotification();
      unheard++;
    }
    if (arrivals.next() != Arrivals.MESSAGE) {
      return null;
    }
    ByteBuf message = arrivals.takeMessage();
    if (message != null) {
      unhold(message.readableBytes());
    }
    return message;
  }

  int takeNotification() {
    int value = arrivals.takeNotification();
    unhold(0);
    return value;
  }

  Failure outOfMemory(Throwable cause) {
    return new Failure(
        Kind.NETWORK,
        "no memory for a message of %d bytes in the transport's bufferPool, nor beside it: %s"
            .formatted(assembly.length(), cause.getMessage()));
  }

  /** Drops what will not be complete any more; the lane is dead, or nothing of it is used. */
  void dropIncomplete() {
    assembly.drop();
    pulls.drop();
  }

  /** Releases messages that nobody will take any more. */
  void drop() {
    arrivals.drop();
  }
}
