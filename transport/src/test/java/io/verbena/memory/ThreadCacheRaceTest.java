package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.util.ResourceLeakDetector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The one race that no lock decides: the owner of a {@link ThreadCache} takes and gives without an
 * atomic instruction while another thread empties the cache. Each buffer is in one place at any
 * time, which is noted with an atomic exchange: who finds it somewhere else has found a fault, and
 * at the end none is missing. (With the handshake of {@link ThreadCaches} taken out, this fails.)
 */
@Timeout(60)
class ThreadCacheRaceTest {
  private static final long RUN_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final int BUFFERS = 8;
  private static final int SIZE_CLASS = 0;
  private static final int LEAST_DRAINS = 500;

  private static final int IN_HEAP = 0;
  private static final int CACHED = 1;
  private static final int USED = 2;

  private final AtomicIntegerArray places = new AtomicIntegerArray(BUFFERS);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final AtomicBoolean stop = new AtomicBoolean();

  /** Guarded by itself. */
  private final Deque<RegisteredByteBuf> heap = new ArrayDeque<>();

  private final ThreadCaches caches = new ThreadCaches(this::drained);
  private long taken;

  @Test
  void shouldHaveEachBufferInOnePlaceOnly() throws InterruptedException {
    ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    try (var domain = new MemoryDomain(null);
        var allocator = new RegisteredByteBufAllocator(domain)) {
      List<RegisteredByteBuf> buffers = new ArrayList<>();
      for (int i = 0; i < BUFFERS; i++) {
        var buffer = (RegisteredByteBuf) allocator.directBuffer(SizeClasses.bytes(SIZE_CLASS));
        buffer.setInt(0, i);
        buffers.add(buffer);
      }
      heap.addAll(buffers);
      race();
      caches.close();
      assertNull(failure.get());
      assertTrue(taken > BUFFERS, "the owner had buffers");
      assertEquals(BUFFERS, heap.size());
      buffers.forEach(RegisteredByteBuf::release);
    } finally {
      ResourceLeakDetector.setLevel(level);
    }
  }

  private void race() throws InterruptedException {
    Thread owner = Thread.ofPlatform().start(() -> guarded(this::takeAndGive));
    long start = System.nanoTime();
    int drains = 0;
    while (failure.get() == null
        && System.nanoTime() - start < MOST_NANOS
        && (System.nanoTime() - start < RUN_NANOS || drains < LEAST_DRAINS)) {
      guarded(() -> caches.drain(() -> {}));
      drains++;
    }
    stop.set(true);
    owner.join();
    assertTrue(drains >= LEAST_DRAINS, "the cache was emptied again and again");
  }

  private void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | AssertionError e) {
      failure.compareAndSet(null, e);
    }
  }

  private void takeAndGive() {
    ThreadCache cache = caches.enroll(Thread.currentThread());
    while (!stop.get() && failure.get() == null) {
      RegisteredByteBuf first = take(cache);
      RegisteredByteBuf second = take(cache);
      if (first == null) {
        refill(cache);
      } else {
        give(cache, first);
      }
      if (second != null) {
        give(cache, second);
      }
    }
  }

  private RegisteredByteBuf take(ThreadCache cache) {
    RegisteredByteBuf buffer = cache.take(SIZE_CLASS);
    if (buffer != null) {
      move(buffer, CACHED, USED);
      taken++;
    }
    return buffer;
  }

  private void give(ThreadCache cache, RegisteredByteBuf buffer) {
    move(buffer, USED, CACHED);
    if (!cache.give(SIZE_CLASS, buffer)) {
      // There is room for all: the cache is being emptied.
      move(buffer, CACHED, IN_HEAP);
      synchronized (heap) {
        heap.add(buffer);
      }
    }
  }

  private void refill(ThreadCache cache) {
    Magazine magazine = Magazine.forClass(SIZE_CLASS);
    synchronized (heap) {
      for (RegisteredByteBuf each = heap.poll(); each != null; each = heap.poll()) {
        move(each, IN_HEAP, CACHED);
        magazine.give(each);
      }
    }
    drained(cache.load(SIZE_CLASS, magazine));
    cache.swap(SIZE_CLASS);
    cache.swap(SIZE_CLASS);
  }

  private void drained(Magazine magazine) {
    synchronized (heap) {
      for (RegisteredByteBuf each = magazine.take(); each != null; each = magazine.take()) {
        move(each, CACHED, IN_HEAP);
        heap.add(each);
      }
    }
  }

  private void move(RegisteredByteBuf buffer, int from, int to) {
    int number = buffer.getInt(0);
    int found = places.compareAndExchange(number, from, to);
    assertEquals(from, found, () -> "buffer " + number + " was somewhere else");
  }
}
