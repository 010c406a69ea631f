package io.verbena.memory;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The free memory of an allocator, in three layers: what threads keep for themselves ({@link
 * ThreadCache}), what they exchange ({@link Depot}), and what is not even divided ({@link
 * SlabHeap}). Free blocks are {@link RegisteredByteBuf}s, ready to be used.
 *
 * <p>Lock order: a shared cache's, {@code growing}, the caches', a depot's, the heap's.
 */
final class BufferPool {
  private static final Logger LOG = LoggerFactory.getLogger(BufferPool.class);

  /** How often a request looks for memory that other threads keep taking out of its sight. */
  private static final int MOST_ROUNDS = 8;

  final RegisteredByteBufAllocator allocator;
  final Holders holders = new Holders();

  private final BufferPoolConfig config;
  private final ReentrantLock growing = new ReentrantLock();
  private final ThreadCaches caches = new ThreadCaches(this::drained);
  private final SharedCaches shared = new SharedCaches(caches);
  private final Depot[] depots = new Depot[SizeClasses.COUNT];
  private final SlabHeap heap;

  /** Threads that have a magazine in their hands: it is neither in a cache nor in a depot. */
  private final AtomicInteger inTransit = new AtomicInteger();

  private final LongAdder refusals = new LongAdder();
  private volatile boolean closed;

  BufferPool(RegisteredByteBufAllocator allocator, SlabSource source, BufferPoolConfig config) {
    this.allocator = allocator;
    this.config = config;
    this.heap = new SlabHeap(this, source, config);
    Arrays.setAll(depots, Depot::new);
  }

  SlabTable slabs() {
    return heap.table();
  }

  SlabHeap.Figures figures() {
    return heap.figures();
  }

  long refusals() {
    return refusals.sum();
  }

  /** Free blocks in caches and depots. */
  long cachedBytes() {
    return caches.cachedBytes() + Arrays.stream(depots).mapToLong(Depot::cachedBytes).sum();
  }

  /**
   * A buffer whose block has at least so many bytes.
   *
   * @throws OutOfRegisteredMemoryException if there is no memory
   * @throws IllegalStateException if the pool is closed
   */
  RegisteredByteBuf take(int bytes) {
    if (bytes > SizeClasses.LARGEST) {
      return takeLarge(bytes);
    }
    int sizeClass = SizeClasses.of(bytes);
    ThreadCache cache = caches.current();
    RegisteredByteBuf buffer = cache == null ? null : cache.take(sizeClass);
    return buffer == null ? takeSlowly(cache, sizeClass) : buffer;
  }

  /** Takes back what {@link #take} gave; never fails. */
  void give(RegisteredByteBuf buffer) {
    ThreadCache cache = caches.current();
    int sizeClass = buffer.sizeClass();
    if (cache == null || sizeClass < 0 || !cache.give(sizeClass, buffer)) {
      giveSlowly(cache, buffer);
    }
  }

  /**
   * Lets the leak detector see when nobody uses the buffer any more. For virtual threads that is
   * done when it is taken, while the cache is still theirs.
   */
  void forget(RegisteredByteBuf buffer) {
    ThreadCache cache = caches.current();
    if (cache != null && buffer.sizeClass() >= 0) {
      cache.forget(buffer.sizeClass(), buffer);
    }
  }

  private RegisteredByteBuf takeSlowly(@Nullable ThreadCache cache, int sizeClass) {
    requireOpen();
    if (cache != null) {
      return takeThrough(cache, sizeClass);
    }
    if (Thread.currentThread().isVirtual()) {
      return shared.use(
          each -> {
            RegisteredByteBuf buffer = takeThrough(each, sizeClass);
            // Nobody comes back to do that when the buffer turns out to be watched.
            each.forget(sizeClass, buffer);
            return buffer;
          });
    }
    return takeThrough(caches.enroll(Thread.currentThread()), sizeClass);
  }

  private RegisteredByteBuf takeThrough(ThreadCache cache, int sizeClass) {
    while (true) {
      RegisteredByteBuf buffer = cache.take(sizeClass);
      if (buffer == null) {
        cache.swap(sizeClass);
        buffer = cache.take(sizeClass);
      }
      if (buffer != null) {
        return buffer;
      }
      if (cache.isRevoked()) {
        caches.awaitDrain();
        requireOpen();
        continue;
      }
      RegisteredByteBuf top;
      inTransit.incrementAndGet();
      try {
        Magazine magazine = filled(sizeClass);
        top = magazine.take();
        // The cache may be revoked by now: then the magazine goes where no one can find it for
        // that.
        magazine.forgetTaken();
        returned(sizeClass, cache.load(sizeClass, magazine));
      } finally {
        inTransit.decrementAndGet();
      }
      if (top != null) {
        return top;
      }
    }
  }

  private void giveSlowly(@Nullable ThreadCache cache, RegisteredByteBuf buffer) {
    if (closed || buffer.sizeClass() < 0) {
      heap.give(buffer);
    } else if (cache != null) {
      giveThrough(cache, buffer);
    } else if (Thread.currentThread().isVirtual()) {
      shared.use(
          each -> {
            giveThrough(each, buffer);
            return buffer;
          });
    } else {
      giveThrough(caches.enroll(Thread.currentThread()), buffer);
    }
  }

  private void giveThrough(ThreadCache cache, RegisteredByteBuf buffer) {
    int sizeClass = buffer.sizeClass();
    while (!cache.give(sizeClass, buffer)) {
      cache.swap(sizeClass);
      if (cache.give(sizeClass, buffer)) {
        return;
      }
      if (cache.isRevoked()) {
        caches.awaitDrain();
        if (closed) {
          heap.give(buffer);
          return;
        }
        continue;
      }
      inTransit.incrementAndGet();
      try {
        returned(sizeClass, cache.load(sizeClass, depots[sizeClass].empty()));
      } finally {
        inTransit.decrementAndGet();
      }
    }
  }

  private void returned(int sizeClass, Magazine magazine) {
    if (!depots[sizeClass].give(magazine)) {
      heap.give(magazine);
    }
  }

  private void drained(int sizeClass, Magazine magazine) {
    heap.give(magazine);
  }

  /** A magazine with at least one buffer. */
  private Magazine filled(int sizeClass) {
    Magazine filled = depots[sizeClass].filled();
    if (filled != null) {
      return filled;
    }
    Magazine magazine = depots[sizeClass].empty();
    if (heap.take(sizeClass, magazine)) {
      return magazine;
    }
    try {
      fillSlowly(sizeClass, magazine);
    } finally {
      if (magazine.count() == 0) {
        returned(sizeClass, magazine);
      }
    }
    return magazine;
  }

  private void fillSlowly(int sizeClass, Magazine magazine) {
    // Waiting with nothing in its hands.
    inTransit.decrementAndGet();
    growing.lock();
    try {
      requireOpen();
      // Another thread may have grown the heap meanwhile, and depots of other sizes be full.
      if (heap.take(sizeClass, magazine)) {
        return;
      }
      drainDepots();
      if (heap.take(sizeClass, magazine)) {
        return;
      }
      IOException refusal = null;
      try {
        if (heap.grow(sizeClass, magazine)) {
          return;
        }
      } catch (IOException e) {
        refusal = e;
      }
      takeFromOthers(sizeClass, magazine);
      if (magazine.count() == 0) {
        throw refused(SizeClasses.bytes(sizeClass), refusal);
      }
    } finally {
      inTransit.incrementAndGet();
      growing.unlock();
    }
  }

  /**
   * What other threads have in their caches; or carry there, which a drain does not find: hence
   * more than one.
   */
  private void takeFromOthers(int sizeClass, Magazine magazine) {
    for (int round = 0; round < MOST_ROUNDS && magazine.count() == 0; round++) {
      if (round > 0 && !mayLieElsewhere(SizeClasses.bytes(sizeClass))) {
        return;
      }
      caches.drain(
          () -> {
            drainDepots();
            heap.take(sizeClass, magazine);
          });
    }
  }

  private boolean mayLieElsewhere(int bytes) {
    return inTransit.get() > 0 || cachedBytes() >= bytes;
  }

  private RegisteredByteBuf takeLarge(int bytes) {
    requireOpen();
    if (bytes > Slab.LARGEST) {
      throw refused(bytes, null);
    }
    RegisteredByteBuf buffer = heap.takeLarge(bytes);
    if (buffer != null) {
      return buffer;
    }
    growing.lock();
    try {
      requireOpen();
      return takeLargeSlowly(bytes);
    } finally {
      growing.unlock();
    }
  }

  private RegisteredByteBuf takeLargeSlowly(int bytes) {
    drainDepots();
    RegisteredByteBuf buffer = heap.takeLarge(bytes);
    IOException refusal = null;
    for (int round = 0; buffer == null && round < MOST_ROUNDS; round++) {
      if (round > 1 && !mayLieElsewhere(bytes)) {
        break;
      }
      if (round > 0) {
        buffer = takeLargeFromOthers(bytes);
      }
      if (buffer == null) {
        try {
          buffer = heap.growLarge(bytes);
        } catch (IOException e) {
          refusal = e;
        }
      }
    }
    if (buffer == null) {
      throw refused(bytes, refusal);
    }
    return buffer;
  }

  /** What other threads and slabs do not need may make room. */
  private @Nullable RegisteredByteBuf takeLargeFromOthers(int bytes) {
    var taken = new AtomicReference<@Nullable RegisteredByteBuf>();
    caches.drain(
        () -> {
          drainDepots();
          RegisteredByteBuf buffer = heap.takeLarge(bytes);
          taken.set(buffer);
          if (buffer == null) {
            heap.trim();
          }
        });
    return taken.get();
  }

  private OutOfRegisteredMemoryException refused(int bytes, @Nullable IOException cause) {
    refusals.increment();
    SlabHeap.Figures figures = heap.figures();
    long used = Math.max(0, figures.bytesOut() - cachedBytes());
    var refusal =
        new OutOfRegisteredMemoryException(
            bytes, figures.registeredBytes(), used, config.ceilingBytes(), cause);
    RefusalEvent.commit(refusal);
    return refusal;
  }

  private void drainDepots() {
    for (Depot depot : depots) {
      depot.drain().forEach(heap::give);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the allocator is closed: allocate before close()");
    }
  }

  /** Gives slabs back of which nothing is in use; returns their bytes. */
  long trim() {
    growing.lock();
    try {
      var trimmed = new AtomicLong();
      caches.drain(
          () -> {
            drainDepots();
            trimmed.set(heap.trim());
          });
      return trimmed.get();
    } finally {
      growing.unlock();
    }
  }

  /** How many buffers are still out: their slabs go when they come back. */
  long close() {
    growing.lock();
    try {
      closed = true;
      caches.close();
      for (Depot depot : depots) {
        depot.close();
      }
      drainDepots();
      heap.close();
      return heap.figures().buffersOut();
    } finally {
      growing.unlock();
    }
  }

  /** False if it stays registered. */
  static boolean free(Slab slab) {
    try {
      slab.free();
      return true;
    } catch (IllegalStateException e) {
      LOG.warn("A slab of {} bytes is lost: it stays registered", slab.length(), e);
      return false;
    }
  }
}
