package io.verbena.memory;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * A few caches for all virtual threads: those come and go by the million, and must not each leave a
 * cache behind.
 */
final class SharedCaches {
  private static final int FOR_EACH_PROCESSOR = 2;

  private record Stripe(ReentrantLock lock, ThreadCache cache) {}

  private final Stripe[] stripes;

  SharedCaches(ThreadCaches caches) {
    int wanted = Runtime.getRuntime().availableProcessors() * FOR_EACH_PROCESSOR;
    stripes = new Stripe[Integer.highestOneBit(wanted)];
    for (int i = 0; i < stripes.length; i++) {
      stripes[i] = new Stripe(new ReentrantLock(), caches.enroll(null));
    }
  }

  /** Uses a cache that no other thread is using. */
  RegisteredByteBuf use(Function<ThreadCache, RegisteredByteBuf> action) {
    Stripe stripe = locked((int) Thread.currentThread().threadId());
    try {
      return action.apply(stripe.cache);
    } finally {
      stripe.lock.unlock();
    }
  }

  private Stripe locked(int hint) {
    for (int i = 0; i < stripes.length; i++) {
      Stripe stripe = stripes[(hint + i) & (stripes.length - 1)];
      if (stripe.lock.tryLock()) {
        return stripe;
      }
    }
    Stripe stripe = stripes[hint & (stripes.length - 1)];
    stripe.lock.lock();
    return stripe;
  }
}
