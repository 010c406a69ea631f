package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UseGuardTest {
  private static final class Guarded extends UseGuard {
    private int reopenings;
    private boolean stale;

    @Override
    void reopened() {
      reopenings++;
      if (stale) {
        stale = false;
        throw new IllegalStateException("stale");
      }
    }

    @Override
    String description() {
      return "the thing";
    }
  }

  @Test
  void shouldRefuseUseAfterClose() {
    Guarded guarded = new Guarded();
    guarded.enter();
    guarded.exit();
    guarded.shut();
    UseGuard.awaitIdle(guarded);
    assertTrue(guarded.isClosed());
    IllegalStateException e = assertThrows(IllegalStateException.class, guarded::enter);
    assertTrue(e.getMessage().startsWith("the thing is closed"), e.getMessage());
    UseGuard.awaitIdle(guarded);
  }

  @Test
  void shouldNameTheCureWhenASecondThreadUsesIt() throws InterruptedException {
    Guarded guarded = new Guarded();
    guarded.enter();
    AtomicLong failures = new AtomicLong();
    Thread second =
        Thread.ofPlatform()
            .start(
                () -> {
                  IllegalStateException e =
                      assertThrows(IllegalStateException.class, guarded::enter);
                  assertTrue(e.getMessage().contains("one thread at a time"), e.getMessage());
                  failures.incrementAndGet();
                });
    second.join();
    assertEquals(1, failures.get());
    guarded.exit();
    guarded.enter();
    guarded.exit();
  }

  @Test
  void shouldWaitForTheCallThatIsRunning() throws InterruptedException {
    Guarded guarded = new Guarded();
    AtomicBoolean idle = new AtomicBoolean();
    guarded.enter();
    Thread closer =
        Thread.ofPlatform()
            .start(
                () -> {
                  guarded.shut();
                  UseGuard.awaitIdle(guarded);
                  idle.set(true);
                });
    Thread.sleep(100);
    assertTrue(guarded.isClosed());
    assertFalse(idle.get());
    guarded.exit();
    closer.join();
    assertTrue(idle.get());
  }

  /**
   * The race that the guard is about, many times: the "native object" is a field that the closing
   * thread poisons after it has waited, and no call may ever see the poison.
   */
  @Test
  void shouldNeverCallWhatIsFreed() throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
    int rounds = 0;
    while (System.nanoTime() < deadline) {
      Guarded guarded = new Guarded();
      long[] object = {1};
      AtomicBoolean dead = new AtomicBoolean();
      CountDownLatch running = new CountDownLatch(1);
      Thread user =
          Thread.ofPlatform()
              .start(
                  () -> {
                    long calls = 0;
                    try {
                      while (true) {
                        guarded.enter();
                        if (object[0] != 1) {
                          dead.set(true);
                        }
                        guarded.exit();
                        if (++calls == 1000) {
                          running.countDown();
                        }
                      }
                    } catch (IllegalStateException e) {
                      running.countDown();
                    }
                  });
      running.await();
      guarded.shut();
      UseGuard.awaitIdle(guarded);
      object[0] = 0xdead;
      user.join();
      assertFalse(dead.get(), "round " + rounds);
      rounds++;
    }
    assertTrue(rounds > 10, "only " + rounds + " rounds");
  }

  @Test
  void shouldLetCallsWaitDuringAPause() throws InterruptedException {
    Guarded guarded = new Guarded();
    guarded.pause();
    UseGuard.awaitIdle(guarded);
    assertFalse(guarded.isClosed());
    AtomicBoolean entered = new AtomicBoolean();
    Thread user =
        Thread.ofPlatform()
            .start(
                () -> {
                  guarded.enter();
                  entered.set(true);
                  guarded.exit();
                });
    Thread.sleep(100);
    assertFalse(entered.get());
    guarded.reopen();
    user.join();
    assertTrue(entered.get());
  }

  @Test
  void shouldLookAtWhatChangedOnceAfterReopening() {
    Guarded guarded = new Guarded();
    guarded.enter();
    guarded.exit();
    assertEquals(0, guarded.reopenings);
    guarded.shut();
    UseGuard.awaitIdle(guarded);
    guarded.reopen();
    for (int i = 0; i < 3; i++) {
      guarded.enter();
      guarded.exit();
      guarded.enterAlone();
      guarded.exit();
    }
    assertEquals(1, guarded.reopenings);
  }

  @Test
  void shouldNotBeInUseWhenTheLookAtWhatChangedFails() {
    Guarded guarded = new Guarded();
    guarded.pause();
    UseGuard.awaitIdle(guarded);
    guarded.stale = true;
    guarded.reopen();
    IllegalStateException e = assertThrows(IllegalStateException.class, guarded::enter);
    assertEquals("stale", e.getMessage());
    UseGuard.awaitIdle(guarded);
    guarded.enter();
    guarded.exit();
    assertEquals(1, guarded.reopenings);
  }

  @Test
  void shouldTellWhoWaitsWhenThePauseEndsInClosing() throws InterruptedException {
    Guarded guarded = new Guarded();
    guarded.pause();
    AtomicBoolean told = new AtomicBoolean();
    Thread user =
        Thread.ofPlatform()
            .start(
                () -> {
                  assertThrows(IllegalStateException.class, guarded::enterAlone);
                  told.set(true);
                });
    Thread.sleep(100);
    assertFalse(told.get());
    guarded.shut();
    user.join();
    assertTrue(told.get());
    UseGuard.awaitIdle(guarded);
  }

  @Test
  void shouldNeverAdmitTwoAlone() throws InterruptedException {
    Guarded guarded = new Guarded();
    AtomicInteger inside = new AtomicInteger();
    AtomicBoolean met = new AtomicBoolean();
    AtomicLong calls = new AtomicLong();
    AtomicLong refused = new AtomicLong();
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
    Runnable use =
        () -> {
          while (System.nanoTime() < deadline) {
            try {
              guarded.enterAlone();
            } catch (IllegalStateException e) {
              refused.incrementAndGet();
              continue;
            }
            calls.incrementAndGet();
            if (inside.incrementAndGet() != 1) {
              met.set(true);
            }
            inside.decrementAndGet();
            guarded.exit();
          }
        };
    Thread second = Thread.ofPlatform().start(use);
    use.run();
    second.join();
    assertFalse(met.get());
    assertTrue(calls.get() > 1000, () -> "only " + calls + " calls");
    assertTrue(refused.get() > 0, "the threads never met");
  }
}
