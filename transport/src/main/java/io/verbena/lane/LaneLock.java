package io.verbena.lane;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The lock of an endpoint, or of all on one adapter. Threads that are woken with it are woken when
 * it is free: they want it at once, and who finds it taken sleeps again, and leaves an object to
 * the garbage collector.
 */
@SuppressWarnings("serial") // Nobody does.
public final class LaneLock extends ReentrantLock {
  /** Threads to wake; none while nobody sleeps. */
  private @Nullable Thread[] woken = {};

  private int count;

  /** Creates a lock that nobody has. */
  public LaneLock() {}

  /** With the lock: has a thread that is parked woken when the lock is let go of. */
  public void wake(Thread thread) {
    if (count == woken.length) {
      woken = Arrays.copyOf(woken, Math.max(1, 2 * count));
    }
    woken[count++] = thread;
  }

  /** With the lock: wakes them although it is not free yet. */
  public void wakeNow() {
    for (int i = 0; i < count; i++) {
      LockSupport.unpark(woken[i]);
      woken[i] = null;
    }
    count = 0;
  }

  /** With the lock: whether others wait for it, or would if they were awake. */
  public boolean isWanted() {
    return count > 0 || hasQueuedThreads();
  }

  @Override
  public void unlock() {
    Thread last = count > 0 && getHoldCount() == 1 ? wakeAllButOne() : null;
    super.unlock();
    if (last != null) {
      LockSupport.unpark(last);
    }
  }

  private @Nullable Thread wakeAllButOne() {
    Thread last = woken[--count];
    woken[count] = null;
    wakeNow();
    return last;
  }
}
