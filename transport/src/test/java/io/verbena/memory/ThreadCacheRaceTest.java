package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.netty.util.ResourceLeakDetector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The one race that no lock decides: the owner of a {@link ThreadCache} takes and gives without an
 * atomic instruction while another thread empties the cache. Each buffer is in one place at any
 * time, which is noted with an atomic exchange: who finds it somewhere else has found a fault, and
 * at the end none is missing. (With the handshake of {@link ThreadCaches} taken out, this fails.)
 *
 * <p>It ends after so many rounds, however long they take: on a busy machine the two threads may
 * wait for a processor all the time. Only what does not get on at all runs into the timeout.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThreadCacheRaceTest {
  private enum Place {
    HEAP,
    CACHE,
    USER
  }

  private static final long RUN_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int BUFFERS = 8;
  private static final int SIZE_CLASS = 0;
  private static final int LEAST_ROUNDS = 500;

  private final AtomicReferenceArray<Place> places = new AtomicReferenceArray<>(BUFFERS);
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final AtomicBoolean stop = new AtomicBoolean();

  /** How many buffers the owner had: only it writes this. */
  private final AtomicLong taken = new AtomicLong();

  /** Guarded by itself. */
  private final Deque<RegisteredByteBuf> heap = new ArrayDeque<>();

  private final ThreadCaches caches = new ThreadCaches(this::drained);

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
        places.set(i, Place.HEAP);
      }
      heap.addAll(buffers);
      int rounds = race();
      caches.close();
      Throwable fault = failure.get();
      if (fault != null) {
        fail("in round %d, after %d buffers".formatted(rounds, taken.get()), fault);
      }
      assertEquals(
          Set.copyOf(numbers(buffers)), Set.copyOf(numbers(heap)), () -> "lost: " + places);
      assertEquals(BUFFERS, heap.size(), () -> "twice in the heap: " + numbers(heap));
      buffers.forEach(RegisteredByteBuf::release);
    } finally {
      ResourceLeakDetector.setLevel(level);
    }
  }

  private static List<Integer> numbers(Collection<RegisteredByteBuf> buffers) {
    return buffers.stream().map(each -> each.getInt(0)).toList();
  }

  /** How often the cache was emptied; each time its owner had used it since the time before. */
  private int race() throws InterruptedException {
    Thread owner = Thread.ofPlatform().name("owner").start(() -> guarded(this::takeAndGive));
    long start = System.nanoTime();
    int rounds = 0;
    long seen = 0;
    while (failure.get() == null
        && (System.nanoTime() - start < RUN_NANOS || rounds < LEAST_ROUNDS)) {
      while (taken.get() == seen && failure.get() == null) {
        LockSupport.parkNanos(1);
      }
      seen = taken.get();
      guarded(() -> caches.drain(() -> {}));
      rounds++;
    }
    stop.set(true);
    owner.join();
    return rounds;
  }

  private void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
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

  private @Nullable RegisteredByteBuf take(ThreadCache cache) {
    RegisteredByteBuf buffer = cache.take(SIZE_CLASS);
    if (buffer != null) {
      move(buffer, Place.CACHE, Place.USER);
      taken.setOpaque(taken.getPlain() + 1);
    }
    return buffer;
  }

  private void give(ThreadCache cache, RegisteredByteBuf buffer) {
    move(buffer, Place.USER, Place.CACHE);
    if (!cache.give(SIZE_CLASS, buffer)) {
      // There is room for all: the cache is being emptied, or was just now.
      move(buffer, Place.CACHE, Place.HEAP);
      synchronized (heap) {
        heap.add(buffer);
      }
    }
  }

  private void refill(ThreadCache cache) {
    Magazine magazine = Magazine.forClass(SIZE_CLASS);
    synchronized (heap) {
      for (RegisteredByteBuf each = heap.poll(); each != null; each = heap.poll()) {
        move(each, Place.HEAP, Place.CACHE);
        assertTrue(magazine.give(each), "a magazine has room for all");
      }
    }
    drained(cache.load(SIZE_CLASS, magazine));
    cache.swap(SIZE_CLASS);
    cache.swap(SIZE_CLASS);
  }

  private void drained(Magazine magazine) {
    synchronized (heap) {
      for (RegisteredByteBuf each = magazine.take(); each != null; each = magazine.take()) {
        move(each, Place.CACHE, Place.HEAP);
        heap.add(each);
      }
    }
  }

  private void move(RegisteredByteBuf buffer, Place from, Place to) {
    int number = buffer.getInt(0);
    Place found = places.compareAndExchange(number, from, to);
    assertSame(
        from,
        found,
        () ->
            "buffer %d, on its way from %s to %s by the thread %s, is in two places"
                .formatted(number, from, to, Thread.currentThread().getName()));
  }
}
