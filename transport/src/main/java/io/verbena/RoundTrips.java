package io.verbena;

import io.verbena.lane.Frame;
import io.verbena.lane.Lane;
import org.jspecify.annotations.Nullable;

/**
 * What one side's program asks the other's, and the answers: whether all that came before is there,
 * and whether it is alive. The endpoint's lock guards it.
 *
 * <p>Methods that take frames return what is wrong with them, or null.
 */
final class RoundTrips {
  private static final long NONE = -1;
  private static final String UNASKED = "an answer to nothing";

  private final Outbox outbox;
  private final Keepalive keepalive;

  /** The operation that ends with the peer's FLUSHED. */
  private long flushing = NONE;

  private long owedFlushed = NONE;
  private boolean owedPong;

  /**
   * Creates the round trips of a conversation.
   *
   * @param silenceNanos how long the peer may be silent before it is lost; 0 for ever
   */
  RoundTrips(Lane lane, Outbox outbox, long silenceNanos) {
    this.outbox = outbox;
    this.keepalive = new Keepalive(lane, outbox, silenceNanos);
  }

  /** Asks the peer to confirm what was before; false while it is asked already, or no room. */
  boolean tryFlush(long cookie) {
    boolean isBehind = outbox.hasOutgoing() || outbox.isAdvertising();
    if (flushing != NONE || isBehind || !outbox.sendControl(Frame.FLUSH, cookie)) {
      return false;
    }
    flushing = cookie;
    return true;
  }

  /** Answers what the peer has asked. */
  void answer() {
    if (owedPong) {
      owedPong = !outbox.sendControl(Frame.PONG, 0);
    }
    if (owedFlushed != NONE && outbox.sendControl(Frame.FLUSHED, owedFlushed)) {
      owedFlushed = NONE;
    }
  }

  @Nullable String flush(Frame header) {
    if (owedFlushed != NONE || header.detail < 0) {
      return "a flush too many";
    }
    owedFlushed = header.detail;
    return null;
  }

  /** The operation that the frame names has ended. */
  @Nullable String flushed(Frame header) {
    if (flushing == NONE || flushing != header.detail) {
      return UNASKED;
    }
    flushing = NONE;
    return null;
  }

  @Nullable String ping() {
    if (owedPong) {
      return "a ping too many";
    }
    owedPong = true;
    return null;
  }

  @Nullable String pong() {
    return keepalive.answered() ? null : UNASKED;
  }

  /** Whether it is time for {@link #check}; an estimate that needs no lock. */
  boolean isDue(long now) {
    return keepalive.isDue(now);
  }

  /**
   * Looks at the peer, now and then.
   *
   * @param frames how many frames have come from it
   * @return why it is lost, or null
   */
  @Nullable Failure check(long now, long frames) {
    return keepalive.check(now, frames);
  }
}
