package io.verbena;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.TransportException.Kind;
import io.verbena.lane.Frame;
import io.verbena.lane.Lane;
import io.verbena.lane.LaneEvents;
import io.verbena.lane.LaneFailure;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The state of an endpoint above its lane: messages to frames and back, operations under way, signs
 * of life, end. The endpoint's lock guards it.
 */
final class Conversation implements LaneEvents {
  /** Most events in one go, so that one busy endpoint does not starve the others. */
  static final int POLL_LIMIT = 64;

  private static final Failure PEER_CLOSED =
      new Failure(Kind.PEER_CLOSED, "the peer closed the endpoint");

  /**
   * What both sides agreed on.
   *
   * @param ownWindow frames that use credit which the peer may send before it gets more
   * @param peerWindow such frames that we may send before we get more
   * @param silenceNanos how long the peer may be silent before it is lost; 0 for ever
   */
  record Limits(
      int ownWindow,
      int peerWindow,
      int ownMessageBytes,
      int peerMessageBytes,
      int depth,
      long silenceNanos) {}

  final Ends ends;
  final Lane lane;
  final OperationTable operations;
  final Inbox inbox;
  final Outbox outbox;
  private final Limits limits;
  private final RoundTrips trips;
  private long frames;

  private boolean closeSent;
  private boolean peerClosed;
  private boolean over;
  private @Nullable Failure failure;

  /** Hears of events that another endpoint's poll has delivered. */
  private Runnable listener = () -> {};

  Conversation(
      Ends ends, Lane lane, Limits limits, ByteBufAllocator allocator, int receiveBufferBytes) {
    this.ends = ends;
    this.lane = lane;
    this.limits = limits;
    this.operations = new OperationTable(limits.depth());
    this.inbox =
        new Inbox(
            lane, allocator, limits.ownWindow(), limits.ownMessageBytes(), receiveBufferBytes);
    this.outbox = new Outbox(ends, lane, inbox, limits.peerWindow());
    this.trips = new RoundTrips(lane, outbox, limits.silenceNanos());
  }

  void listener(Runnable hearer) {
    listener = hearer;
  }

  /** Why nothing can be sent, and nothing beyond what was received can be taken; or null. */
  @Nullable Failure ended() {
    if (failure != null) {
      return failure;
    }
    return peerClosed ? PEER_CLOSED : null;
  }

  int peerMessageBytes() {
    return limits.peerMessageBytes();
  }

  /** Takes a message over, or returns false while the one before is not with the lane. */
  boolean offer(ByteBuf message) {
    try {
      return outbox.offer(message);
    } catch (RuntimeException e) {
      if (outbox.isTorn()) {
        end(new Failure(Kind.PROTOCOL, "the message changed while it was being sent: " + e));
      }
      throw e;
    }
  }

  boolean hasOutgoing() {
    return outbox.hasOutgoing();
  }

  /** Whether something that was sent is still with us. */
  boolean hasUnsent() {
    return lane.hasUnsent() || outbox.hasOutgoing();
  }

  /** Whether all that was sent is where the lane or the peer has it. */
  boolean sendClose() {
    if (!closeSent) {
      outbox.pump();
      closeSent = outbox.sendClose();
    }
    return closeSent;
  }

  boolean hasSentClose() {
    return closeSent;
  }

  /** Asks the peer to confirm what was before; false while it is asked already, or no room. */
  boolean tryFlush(long cookie) {
    return trips.tryFlush(cookie);
  }

  /**
   * Moves what can be moved.
   *
   * @param waiting whether the caller has nothing else to do: see {@link Lane#pollAMoment}
   * @return how much happened
   */
  int progress(boolean waiting) {
    if (failure != null) {
      return 0;
    }
    int events = waiting ? lane.pollAMoment(this, POLL_LIMIT) : lane.poll(this, POLL_LIMIT);
    settle();
    return events;
  }

  /** What follows from the events that the lane has delivered. */
  void settle() {
    if (failure == null && peerClosed && !operations.isEmpty()) {
      // Only a closed lane is sure not to touch the operations' memory any more.
      lane.close();
      operations.failAll(PEER_CLOSED);
    }
    if (failure != null) {
      finish(failure);
      return;
    }
    if (peerClosed) {
      return;
    }
    trips.answer();
    inbox.retryPulls();
    if (outbox.hasOutgoing()) {
      outbox.pump();
    }
    grantCredit();
  }

  private void grantCredit() {
    if (ended() == null && !closeSent) {
      outbox.grantCredit(limits.ownWindow());
    }
  }

  /** Whether it is time for {@link #tick}; an estimate that needs no lock. */
  boolean isDue(long now) {
    return inbox.awaitsPulls() || trips.isDue(now);
  }

  /** Now and then: signs of life, and memory that may be there again. */
  void tick(long now) {
    if (ended() != null) {
      return;
    }
    inbox.tick(now);
    Failure lost = trips.check(now, frames);
    if (lost != null) {
      end(lost);
    }
  }

  /** The next message, owned by the caller, or null. */
  @Nullable ByteBuf take() {
    ByteBuf message = inbox.takeMessage();
    if (message != null) {
      grantCredit();
    }
    return message;
  }

  int takeNotification() {
    int value = inbox.takeNotification();
    grantCredit();
    return value;
  }

  @Override
  public void frame(Frame header, ByteBuffer payload) {
    if (failure != null) {
      return;
    }
    boolean isCredit = heard(header);
    if (failure != null) {
      return;
    }
    String wrong =
        switch (header.type) {
          case Frame.DATA -> data(header, payload);
          case Frame.ADVERTISE -> peerClosed ? afterItsEnd() : inbox.advertised(header, payload);
          case Frame.NOTIFY -> peerClosed ? afterItsEnd() : inbox.notified(header);
          case Frame.CREDIT -> credit(header, isCredit);
          case Frame.CLOSE -> peerClosed ? afterItsEnd() : closed(header);
          case Frame.FLUSH -> trips.flush(header);
          case Frame.FLUSHED -> flushed(header);
          case Frame.PING -> trips.ping();
          case Frame.PONG -> trips.pong();
          default -> "a frame of unknown type " + header.type;
        };
    if (wrong != null) {
      protocolError(wrong);
    }
  }

  /** Returns whether the header has news of credit. */
  private boolean heard(Frame header) {
    frames++;
    if (!outbox.acknowledge(header.acknowledged)) {
      protocolError("word that it has taken more than was sent");
    }
    boolean isNews = outbox.credit(header.credit);
    if (isNews && outbox.isOverCredited()) {
      protocolError("more credit than it can give");
    }
    return isNews;
  }

  /** Frames that say nothing would cost those who share receives with us. */
  private @Nullable String credit(Frame header, boolean isCredit) {
    if (!isCredit && !outbox.isPullNews(header.detail)) {
      return "credit that is no news";
    }
    return outbox.pulled(header.detail) ? null : "news of messages that it never had";
  }

  private static String afterItsEnd() {
    return "more after its end";
  }

  private @Nullable String data(Frame header, ByteBuffer payload) {
    String wrong = peerClosed ? afterItsEnd() : inbox.credited(header);
    if (wrong != null || inbox.isTaken(header, payload)) {
      return wrong;
    }
    wrong = begin(header);
    if (wrong == null && failure == null) {
      inbox.append(payload);
      inbox.finish(header.isLast());
    }
    return wrong;
  }

  private @Nullable String begin(Frame header) {
    try {
      return inbox.begin(header);
    } catch (OutOfMemoryError | RuntimeException e) {
      failure = inbox.outOfMemory(e);
      return null;
    }
  }

  @Override
  public @Nullable ByteBuffer target(Frame header, ByteBuffer there) {
    if (failure != null || header.type != Frame.DATA) {
      return null;
    }
    heard(header);
    if (failure != null) {
      return null;
    }
    String wrong = peerClosed ? afterItsEnd() : inbox.credited(header);
    ByteBuffer room = wrong == null ? inbox.place(header, there) : null;
    if (wrong == null && room == null) {
      wrong = begin(header);
    }
    if (wrong != null) {
      protocolError(wrong);
    }
    if (failure != null) {
      return null;
    }
    return room == null ? inbox.room(header, there) : room;
  }

  @Override
  public void arrived(Frame header, @Nullable RuntimeException unusable) {
    if (failure == null) {
      inbox.arrived(header, unusable);
    }
  }

  private @Nullable String closed(Frame header) {
    String wrong = inbox.number(header);
    if (wrong == null) {
      peerClosed = true;
      outbox.drop();
      lane.shutdownOutput();
    }
    return wrong;
  }

  private @Nullable String flushed(Frame header) {
    String wrong = trips.flushed(header);
    if (wrong == null) {
      completed(header.detail, 0, null);
    }
    return wrong;
  }

  private void protocolError(String what) {
    if (failure == null) {
      failure = new Failure(Kind.PROTOCOL, "the peer broke the protocol: it sent " + what);
    }
  }

  @Override
  public void completed(long cookie, long result, @Nullable LaneFailure cause) {
    if (Pulls.isCookie(cookie)) {
      if (cause == null && failure == null && !inbox.pulled(cookie)) {
        failure = new Failure(Kind.NETWORK, "a pull ended that was not due");
      }
      return;
    }
    Operation operation = operations.remove(cookie);
    if (operation != null) {
      operation.complete(result, cause == null ? null : Failure.of(cause));
    }
  }

  @Override
  public void down(LaneFailure cause) {
    if (!peerClosed && failure == null) {
      failure = Failure.of(cause);
    }
  }

  @Override
  public void settled() {
    settle();
    listener.run();
  }

  /**
   * Ends the conversation, with its lane: received messages stay, everything else fails with the
   * cause. Not to be called by what the lane calls.
   */
  void end(Failure cause) {
    if (failure == null) {
      failure = cause;
    }
    finish(failure);
  }

  /** First the lane: while it lives, operations and pulls under way may touch their memory. */
  private void finish(Failure cause) {
    if (over) {
      return;
    }
    over = true;
    try {
      lane.close();
    } finally {
      outbox.drop();
      inbox.dropIncomplete();
      operations.failAll(cause);
    }
  }

  boolean failed() {
    return failure != null;
  }

  boolean peerClosed() {
    return peerClosed;
  }

  /** Releases messages that nobody will take any more. */
  void dropReceived() {
    inbox.drop();
  }
}
