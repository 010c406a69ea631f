package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BriefLockTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int THREADS = 4;
  private static final int TIMES = 200_000;

  private final BriefLock lock = new BriefLock();
  private int count;

  @Test
  void shouldLetInOneThreadAtATime() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      threads.add(Thread.ofPlatform().start(this::countUp));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(THREADS * TIMES, count);
  }

  private void countUp() {
    for (int i = 0; i < TIMES; i++) {
      lock.lock();
      try {
        count++;
      } finally {
        lock.unlock();
      }
    }
  }

  @Test
  void shouldSleepWhileTheOwnerTakesLong() throws InterruptedException {
    var entered = new AtomicBoolean();
    lock.lock();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  lock.lock();
                  entered.set(true);
                  lock.unlock();
                });
    long start = System.nanoTime();
    while (thread.getState() != Thread.State.WAITING
        && System.nanoTime() - start < PATIENCE.toNanos()) {
      Thread.onSpinWait();
    }
    assertEquals(Thread.State.WAITING, thread.getState());
    assertFalse(entered.get());
    lock.unlock();
    assertTrue(thread.join(PATIENCE));
    assertTrue(entered.get());
  }
}
