package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.Frame;
import io.verbena.lane.Lane;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks a silent peer whether its program is alive, and gives it up if it does not answer: a stopped
 * process still takes what an adapter writes, and a machine that is gone ends no connection. The
 * endpoint's lock guards it.
 */
final class Keepalive {
  /** Times that it is worth looking in the time that the peer may be silent. */
  private static final int LOOKS_PER_SILENCE = 8;

  /**
   * Looks after the question before the peer is given up. This side may have been stopped itself,
   * or nobody may have polled it: then the answer may be there, and is read before the second one.
   */
  private static final int LOOKS_FOR_AN_ANSWER = 2;

  private final Lane lane;
  private final Outbox outbox;
  private final long silenceNanos;
  private long framesThen;
  private long receivedThen;
  private long heardAt = System.nanoTime();
  private long lookedAt = heardAt;

  /** Whether a PING is under way, however much else has come since: there is one at most. */
  private boolean pinging;

  /** Whether the peer owes a sign of life, since {@link #askedAt}. */
  private boolean asking;

  private long askedAt;
  private long movedThen;
  private int looksSince;

  /**
   * Creates the watch over a peer.
   *
   * @param silenceNanos how long it may be silent; 0 for ever
   */
  Keepalive(Lane lane, Outbox outbox, long silenceNanos) {
    this.lane = lane;
    this.outbox = outbox;
    this.silenceNanos = silenceNanos;
  }

  /** A PONG has come; false if it answers nothing. */
  boolean answered() {
    boolean isDue = pinging;
    pinging = false;
    return isDue;
  }

  /** Whether it is time for {@link #check}; an estimate that needs no lock. */
  boolean isDue(long now) {
    return silenceNanos != 0 && now - lookedAt >= silenceNanos / LOOKS_PER_SILENCE;
  }

  /**
   * Looks at the peer, now and then.
   *
   * @param frames how many frames have come from it
   * @return why it is lost, or null
   */
  @Nullable Failure check(long now, long frames) {
    if (silenceNanos == 0) {
      return null;
    }
    lookedAt = now;
    // Parts of frames count, too: behind the rest of them there is no room for an answer.
    long received = lane.receivedBytes();
    if (frames != framesThen || received != receivedThen) {
      framesThen = frames;
      receivedThen = received;
      heardAt = now;
      asking = false;
      return null;
    }
    long silent = now - heardAt;
    if (silent < silenceNanos / 2) {
      return null;
    }
    if (isAskedOnlyNow()) {
      asking = true;
      askedAt = now;
      looksSince = 0;
      return null;
    }
    looksSince++;
    boolean hadTime = now - askedAt >= silenceNanos / 2 && looksSince >= LOOKS_FOR_AN_ANSWER;
    if (silent >= silenceNanos && hadTime) {
      return new Failure(
          Kind.PEER_LOST,
          "the peer has said nothing for %d ms, nor answered: its process is stopped, or its machine is gone"
              .formatted(TimeUnit.NANOSECONDS.toMillis(silent)));
    }
    return null;
  }

  /**
   * Asks, and returns whether the time for the answer begins only with this look. What the peer
   * does not take asks it as well as a PING behind that would, for which the lane has no room; but
   * while it takes some of it, the question may not be there yet.
   */
  private boolean isAskedOnlyNow() {
    boolean isNew = !asking;
    if (!pinging && outbox.sendControl(Frame.PING, 0)) {
      pinging = true;
      isNew = true;
    }
    long before = movedThen;
    movedThen = lane.movedBytes();
    return isNew || (lane.hasUnsent() ? movedThen != before : !pinging);
  }
}
