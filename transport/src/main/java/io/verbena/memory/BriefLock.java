package io.verbena.memory;

import java.util.concurrent.locks.ReentrantLock;

/**
 * A lock that is held for a few instructions at a time. Who finds it taken looks again for a moment
 * before it queues up: by then it is mostly free, and queuing costs an object each time.
 */
final class BriefLock {
  /** One or two microseconds; longer only if the owner has lost its processor. */
  private static final int SPINS = 100;

  private final ReentrantLock lock = new ReentrantLock();

  void lock() {
    for (int i = 0; i < SPINS; i++) {
      if (lock.tryLock()) {
        return;
      }
      Thread.onSpinWait();
    }
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }
}
