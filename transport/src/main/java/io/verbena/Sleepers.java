package io.verbena;

import io.verbena.lane.LaneLock;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that sleep until something happens with a lock: as a {@link
 * java.util.concurrent.locks.Condition}, but a sleep leaves nothing to the garbage collector. The
 * lock guards it. Threads also wake up for no reason: callers loop.
 */
final class Sleepers {
  private final LaneLock lock;

  /** Grows with the threads that sleep at the same time: idle endpoints have none. */
  private @Nullable Thread[] threads = {};

  private int count;
  private long wokenAt;

  Sleepers(LaneLock lock) {
    this.lock = lock;
  }

  /** Has all woken, when the lock is let go of. */
  void wakeAll() {
    if (count == 0) {
      return;
    }
    wokenAt = System.nanoTime();
    for (int i = 0; i < count; i++) {
      lock.wake(Objects.requireNonNull(threads[i]));
      threads[i] = null;
    }
    count = 0;
  }

  /**
   * Lets go of the lock, sleeps until woken or the time is over, and has the lock again.
   *
   * @return nanoseconds that it took to wake up and get the lock, or -1 if nobody woke the thread
   */
  long sleep(long mostNanos) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Thread sleeper = Thread.currentThread();
    add(sleeper);
    boolean woken;
    // Waking a thread might park this one: before anybody can wake it.
    lock.wakeNow();
    int holds = lock.getHoldCount();
    for (int i = 0; i < holds; i++) {
      lock.unlock();
    }
    try {
      // Who wakes it before it sleeps has the lock, and sees it: then it does not sleep. Nothing
      // that might park, and so use that up, belongs between the unlocking and this.
      LockSupport.parkNanos(this, mostNanos);
    } finally {
      for (int i = 0; i < holds; i++) {
        lock.lock();
      }
      woken = !remove(sleeper);
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    return woken ? System.nanoTime() - wokenAt : -1;
  }

  /** The same, whatever the thread's interrupt status, which stays. */
  void sleepUninterruptibly() {
    boolean interrupted = Thread.interrupted();
    try {
      sleep(Long.MAX_VALUE);
    } catch (InterruptedException e) {
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void add(Thread sleeper) {
    if (count == threads.length) {
      threads = Arrays.copyOf(threads, Math.max(1, 2 * count));
    }
    threads[count++] = sleeper;
  }

  /** Returns whether it was there: nobody has woken it. */
  private boolean remove(Thread sleeper) {
    for (int i = 0; i < count; i++) {
      if (threads[i] == sleeper) {
        count--;
        threads[i] = threads[count];
        threads[count] = null;
        return true;
      }
    }
    return false;
  }
}
