package io.verbena;

import io.verbena.lane.Lane;
import io.verbena.lane.LaneLock;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Lets a caller that waits look for data itself for a moment, though a thread of the transport
 * would bring it: what is waited for often comes sooner than a sleeping thread could be woken.
 * Meanwhile the transport's thread leaves reading to the caller. Endpoints that share a lock share
 * this, too: whoever looks brings some of the others' data as well. The lock guards what is not
 * volatile.
 */
final class CallerPolls {
  /** With a single core, looking keeps others from bringing it. */
  private static final boolean ALLOWED = Runtime.getRuntime().availableProcessors() > 1;

  /**
   * For how long the transport's thread leaves reading to callers, before it sees whether they
   * still look.
   */
  static final long LENT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** How long a caller looks at least, once bytes have ceased to come or go. */
  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  /** The same, however much comes: then it is for the transport's thread to go on. */
  private static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** After so many times in vain a caller looks hardly longer than once. */
  private static final int MOST_MISSES = 8;

  /**
   * A caller looks as long as it takes to be woken so many times: its peer may have to wake two
   * threads before it answers. Less, and two sides that wait for each other would go on sleeping,
   * because each looks in vain while the other is being woken.
   */
  private static final int WAKES = 3;

  /** The last one counts for so much of the average. */
  private static final int WAKES_AVERAGED = 8;

  private int misses;

  /** How long it takes to be woken, on average. */
  private long wakeNanos;

  private volatile boolean active;
  private volatile boolean lent;

  /** An estimate for those who do not have the lock. */
  private long lastActive;

  /**
   * With the lock: looks for a moment, or longer while bytes come and go.
   *
   * @param lane of the caller's endpoint
   * @param look moves data, for a microsecond or so; returns whether what is waited for has come
   * @return whether it has come
   */
  boolean find(LaneLock lock, Lane lane, BooleanSupplier look) {
    if (active || !ALLOWED) {
      return false;
    }
    active = true;
    long start = System.nanoTime();
    long before = lane.movedBytes();
    boolean found = false;
    try {
      long until = start + (lookNanos() >> misses);
      long moved = before;
      long now = start;
      while (!found && now - until < 0 && now - start < MOST_NANOS && !lock.isWanted()) {
        found = look.getAsBoolean();
        now = System.nanoTime();
        if (lane.movedBytes() != moved) {
          moved = lane.movedBytes();
          until = now + LOOK_NANOS;
        }
      }
      return found;
    } finally {
      lastActive = System.nanoTime();
      active = false;
      if (found || lane.movedBytes() != before) {
        misses = 0;
      } else if (!lock.isWanted()) {
        // Nobody has cut it short.
        misses = Math.min(misses + 1, MOST_MISSES);
      }
    }
  }

  /** As long as a sleep costs that ends at once, within bounds. */
  private long lookNanos() {
    return Math.clamp(WAKES * wakeNanos, LOOK_NANOS, MOST_NANOS / 2);
  }

  /** Sleeps until woken; a short sleep is a reason to look longer the next time. */
  void sleep(Sleepers sleepers, long mostNanos) throws InterruptedException {
    long start = System.nanoTime();
    long wake = sleepers.sleep(mostNanos);
    if (wake >= 0) {
      wakeNanos += (Math.min(wake, MOST_NANOS) - wakeNanos) / WAKES_AVERAGED;
      if (System.nanoTime() - start < lookNanos() + wakeNanos) {
        misses = 0;
      }
    }
  }

  /** Whether a caller looks just now. */
  boolean isActive() {
    return active;
  }

  /** Whether a caller looks, or has looked a moment ago. */
  boolean isActiveOrWas(long now) {
    return active || now - lastActive < LENT_NANOS;
  }

  /** Whether the transport's thread leaves reading to the callers for now. */
  boolean isLent() {
    return lent;
  }

  /**
   * Leaves reading to the caller that looks, if it still does.
   *
   * @return whether it does: who stops looks afterwards whether it is lent
   */
  boolean lend() {
    lent = true;
    if (active) {
      return true;
    }
    lent = false;
    return false;
  }

  void takeBack() {
    lent = false;
  }
}
