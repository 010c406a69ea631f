package io.verbena.memory;

import org.jspecify.annotations.Nullable;

/**
 * The free memory of an allocator, in three layers: what threads keep for themselves ({@link
 * ThreadCache}), what they exchange ({@link Depot}), and what is not even divided ({@link
 * SlabHeap}). Free blocks are {@link RegisteredByteBuf}s, ready to be used. Here is the way from a
 * thread to its cache; the way beyond, with all that happens when memory is short, is in {@link
 * Stock}.
 *
 * <p>Lock order: a shared cache's, the stock's, the caches', a depot's, the heap's.
 */
final class BufferPool {
  final RegisteredByteBufAllocator allocator;
  final Holders holders = new Holders();
  final OutgrownBlocks outgrown = new OutgrownBlocks();

  /** The longest buffers that come in size classes and are kept for the next user. */
  private final int longestKept;

  private final SlabHeap heap;
  private final ThreadCaches caches;
  private final SharedCaches shared;
  private final Stock stock;

  BufferPool(RegisteredByteBufAllocator allocator, SlabSource source, BufferPoolConfig config) {
    this.allocator = allocator;
    longestKept = Math.min(SizeClasses.LARGEST, config.largestSlabBytes());
    heap = new SlabHeap(this, source, config);
    caches = new ThreadCaches(heap::give);
    shared = new SharedCaches(caches);
    stock = new Stock(heap, caches, config.ceilingBytes());
  }

  SlabTable slabs() {
    return heap.table();
  }

  HeapFigures figures() {
    return heap.figures();
  }

  long refusals() {
    return stock.refusals();
  }

  /** Free blocks in caches and depots. */
  long cachedBytes() {
    return stock.cachedBytes();
  }

  /**
   * A buffer whose block has at least so many bytes.
   *
   * @throws OutOfRegisteredMemoryException if there is no memory
   * @throws IllegalStateException if the pool is closed
   */
  RegisteredByteBuf take(int bytes) {
    if (bytes > longestKept) {
      return stock.takeLarge(bytes);
    }
    int sizeClass = SizeClasses.of(bytes);
    ThreadCache cache = caches.current();
    RegisteredByteBuf buffer = cache == null ? null : cache.take(sizeClass);
    return buffer == null ? takeSlowly(cache, sizeClass, bytes) : buffer;
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
   * Lets the leak detector see when nobody uses the buffer any more, as far as this thread's cache
   * goes: another one, in which the buffer has been before, may still refer to it, and the detector
   * then misses the leak. For virtual threads that is done when it is taken, while the cache is
   * still theirs.
   */
  void forget(RegisteredByteBuf buffer) {
    ThreadCache cache = caches.current();
    if (cache != null && buffer.sizeClass() >= 0) {
      cache.forget(buffer.sizeClass(), buffer);
    }
  }

  /** A foreign buffer of so many bytes was copied into one of ours. */
  void countCopy(int bytes) {
    caches.countCopy(bytes);
  }

  /** All copies so far. */
  CopyCount copied() {
    return caches.copied();
  }

  private RegisteredByteBuf takeSlowly(@Nullable ThreadCache cache, int sizeClass, int bytes) {
    stock.requireOpen();
    if (cache != null) {
      return takeThrough(cache, sizeClass, bytes);
    }
    if (Thread.currentThread().isVirtual()) {
      return shared.use(
          each -> {
            RegisteredByteBuf buffer = takeThrough(each, sizeClass, bytes);
            // Nobody comes back to do that when the buffer turns out to be watched.
            each.forgetTop(sizeClass, buffer);
            return buffer;
          });
    }
    return takeThrough(caches.enroll(Thread.currentThread()), sizeClass, bytes);
  }

  private RegisteredByteBuf takeThrough(ThreadCache cache, int sizeClass, int bytes) {
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
        stock.requireOpen();
        continue;
      }
      RegisteredByteBuf top;
      stock.carry();
      try {
        Magazine magazine = stock.filled(sizeClass, bytes);
        top = magazine.take();
        // The cache may be revoked by now: then the magazine goes where no one can find it for
        // that.
        magazine.forgetTaken();
        stock.give(sizeClass, cache.load(sizeClass, magazine));
      } finally {
        stock.arrive();
      }
      if (top != null) {
        return top;
      }
    }
  }

  private void giveSlowly(@Nullable ThreadCache cache, RegisteredByteBuf buffer) {
    if (stock.isClosed() || buffer.sizeClass() < 0) {
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
        if (stock.isClosed()) {
          heap.give(buffer);
          return;
        }
        continue;
      }
      stock.carry();
      try {
        stock.give(sizeClass, cache.load(sizeClass, stock.empty(sizeClass)));
      } finally {
        stock.arrive();
      }
    }
  }

  /** Gives slabs back of which nothing is in use; returns their bytes. */
  long trim() {
    return stock.trim();
  }

  /** How many buffers are still out: their slabs go when they come back. */
  long close() {
    stock.close();
    return heap.figures().buffersOut();
  }
}
