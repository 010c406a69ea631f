package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.Frame;
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

  private final long silenceNanos;
  private long framesThen;
  private long heardAt = System.nanoTime();
  private long lookedAt = heardAt;
  private boolean asked;
  private long askedAt;
  private int looksSince;

  /**
   * Creates the watch over a peer.
   *
   * @param silenceNanos how long it may be silent; 0 for ever
   */
  Keepalive(long silenceNanos) {
    this.silenceNanos = silenceNanos;
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
  @Nullable Failure check(long now, long frames, Outbox outbox) {
    if (silenceNanos == 0) {
      return null;
    }
    lookedAt = now;
    if (frames != framesThen) {
      framesThen = frames;
      heardAt = now;
      asked = false;
      return null;
    }
    long silent = now - heardAt;
    if (!asked) {
      if (silent >= silenceNanos / 2) {
        asked = outbox.sendControl(Frame.PING, 0);
        askedAt = now;
        looksSince = 0;
      }
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
}
