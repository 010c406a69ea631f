package io.verbena.rdmacm;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A manager's lock, and the threads that wait with it: one of them sleeps on the channel for all,
 * until an event, a wake-up or the first deadline; the others sleep until it has looked.
 */
final class Waiters {
  /** Verbs are called with it: it comes before the lock of a context, never after. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition changed = lock.newCondition();
  private final EventChannel channel;
  private final Deadlines deadlines;
  private boolean sleeping;

  Waiters(EventChannel channel, Deadlines deadlines) {
    this.channel = channel;
    this.deadlines = deadlines;
  }

  void lock() {
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }

  /**
   * With the lock, which it releases meanwhile: sleeps until there may be something new; spuriously
   * too.
   *
   * @return whether the thread was interrupted
   */
  @SuppressWarnings("WaitNotInLoop") // The manager has the loop.
  boolean sleep(long nanos) throws ConnectionException {
    if (!sleeping) {
      sleepForAll(nanos);
      return false;
    }
    try {
      changed.awaitNanos(nanos);
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }

  private void sleepForAll(long nanos) throws ConnectionException {
    long left = deadlines.nanosLeft(nanos);
    sleeping = true;
    lock.unlock();
    try {
      channel.sleep(Timeouts.pollMillis(left));
    } finally {
      lock.lock();
      sleeping = false;
      changed.signalAll();
    }
  }

  /** With the lock: every thread that waits looks again. */
  void signal() {
    changed.signalAll();
    if (sleeping) {
      channel.wakeup();
    }
  }

  /** With the lock: returns when nobody uses the channel any more. */
  void awaitAwake() {
    signal();
    while (sleeping) {
      changed.awaitUninterruptibly();
    }
  }
}
