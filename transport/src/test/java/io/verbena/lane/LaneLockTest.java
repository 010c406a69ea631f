package io.verbena.lane;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LaneLockTest {
  private final LaneLock lock = new LaneLock();

  /** A thread that sleeps until it is woken, for whatever reason, and says so. */
  private static Thread sleeper(AtomicBoolean awake) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              LockSupport.park();
              awake.set(true);
            });
  }

  private void wake(List<Thread> threads) {
    lock.lock();
    try {
      threads.forEach(lock::wake);
    } finally {
      lock.unlock();
    }
  }

  private static void awaitSleep(Thread thread) throws InterruptedException {
    while (thread.getState() != Thread.State.WAITING) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  @Test
  void shouldWakeThreadsWhenItIsLetGoOfNotBefore() throws InterruptedException {
    var awake = new AtomicBoolean();
    Thread thread = sleeper(awake);
    awaitSleep(thread);
    lock.lock();
    try {
      wake(List.of(thread));
      // Still held once.
      TimeUnit.MILLISECONDS.sleep(20);
      assertFalse(awake.get());
      assertTrue(lock.isWanted());
    } finally {
      lock.unlock();
    }
    thread.join();
    assertTrue(awake.get());
    lock.lock();
    try {
      assertFalse(lock.isWanted());
    } finally {
      lock.unlock();
    }
  }

  @Test
  void shouldWakeAllOfMany() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      threads.add(sleeper(new AtomicBoolean()));
    }
    for (Thread each : threads) {
      awaitSleep(each);
    }
    wake(threads);
    for (Thread each : threads) {
      each.join();
    }
  }
}
