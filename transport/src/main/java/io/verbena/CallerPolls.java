package io.verbena;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;

/**
 * Lets a caller that waits look for data itself for a moment, though a thread of the transport
 * would bring it: what is waited for often comes sooner than a sleeping thread could be woken.
 * Meanwhile the transport's thread leaves reading to the caller. The endpoint's lock guards what is
 * not volatile.
 */
final class CallerPolls {
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  /** How long a caller looks at most. */
  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  private static final int POLLS_PER_CLOCK = 8;

  /** After so many times in vain a caller looks hardly longer than once. */
  private static final int MOST_MISSES = 8;

  private final boolean allowed;
  private final IntSupplier advance;
  private int misses;
  private volatile boolean active;
  private volatile boolean lent;

  /** An estimate for those who do not have the lock. */
  private long lastActive;

  /**
   * Creates the polls of an endpoint's callers.
   *
   * @param allowed whether a caller may look itself at all
   * @param advance moves data without waiting, with the lock; returns how much happened
   */
  CallerPolls(boolean allowed, IntSupplier advance) {
    // With a single core, looking keeps others from bringing it.
    this.allowed = allowed && CORES > 1;
    this.advance = advance;
  }

  /** With the lock: looks for a moment. Returns whether something came. */
  boolean find(ReentrantLock lock) {
    if (active || !allowed) {
      return false;
    }
    active = true;
    boolean news = false;
    try {
      long until = System.nanoTime() + (LOOK_NANOS >> misses);
      do {
        news = advance.getAsInt() > 0;
        for (int i = 0; !news && i < POLLS_PER_CLOCK; i++) {
          Thread.onSpinWait();
          news = advance.getAsInt() > 0;
        }
      } while (!news && !lock.hasQueuedThreads() && System.nanoTime() - until < 0);
      return news;
    } finally {
      lastActive = System.nanoTime();
      active = false;
      misses = news ? 0 : Math.min(misses + 1, MOST_MISSES);
    }
  }

  /** Sleeps until signalled; a short sleep is a reason to look longer the next time. */
  @SuppressWarnings("WaitNotInLoop") // The callers loop.
  void sleep(Condition condition, long mostNanos) throws InterruptedException {
    long start = System.nanoTime();
    condition.awaitNanos(mostNanos);
    if (System.nanoTime() - start < LOOK_NANOS) {
      misses = 0;
    }
  }

  /** Whether a caller looks just now. */
  boolean isActive() {
    return active;
  }

  /** Whether a caller looks, or has looked a moment ago. */
  boolean isActiveOrWas(long now, long withinNanos) {
    return active || now - lastActive < withinNanos;
  }

  /** Whether the transport's thread leaves reading to the callers for now. */
  boolean isLent() {
    return lent;
  }

  void lend() {
    lent = true;
  }

  void takeBack() {
    lent = false;
  }
}
