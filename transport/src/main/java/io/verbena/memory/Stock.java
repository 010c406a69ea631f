package io.verbena.memory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What threads do not keep for themselves: the {@link Depot}s and the {@link SlabHeap}. When these
 * have nothing it takes one slab more or, where there may be none, what is free in the caches of
 * all threads, before it refuses.
 */
final class Stock {
  /** How often a request looks for memory that other threads keep taking out of its sight. */
  private static final int MOST_ROUNDS = 8;

  private final SlabHeap heap;
  private final ThreadCaches caches;
  private final long ceilingBytes;
  private final Depot[] depots = new Depot[SizeClasses.COUNT];
  private final ReentrantLock growing = new ReentrantLock();

  /** Threads that have a magazine in their hands: it is neither in a cache nor in a depot. */
  private final AtomicInteger inTransit = new AtomicInteger();

  private final LongAdder refusals = new LongAdder();
  private volatile boolean closed;

  Stock(SlabHeap heap, ThreadCaches caches, long ceilingBytes) {
    this.heap = heap;
    this.caches = caches;
    this.ceilingBytes = ceilingBytes;
    Arrays.setAll(depots, Depot::new);
  }

  long refusals() {
    return refusals.sum();
  }

  /** Free blocks in caches and depots. */
  long cachedBytes() {
    return caches.cachedBytes() + Arrays.stream(depots).mapToLong(Depot::cachedBytes).sum();
  }

  boolean isClosed() {
    return closed;
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the allocator is closed: allocate before close()");
    }
  }

  /** Before a thread takes a magazine: until {@link #arrive} it may have memory out of sight. */
  void carry() {
    inTransit.incrementAndGet();
  }

  /** When it has given it away. */
  void arrive() {
    inTransit.decrementAndGet();
  }

  Magazine empty(int sizeClass) {
    return depots[sizeClass].empty();
  }

  /** Takes a magazine back, whatever is in it. */
  void give(int sizeClass, Magazine magazine) {
    if (!depots[sizeClass].give(magazine)) {
      heap.give(magazine);
    }
  }

  /**
   * A magazine with at least one buffer, for a thread that said {@link #carry}.
   *
   * @param bytes what is asked for: of this size class, for messages
   * @throws OutOfRegisteredMemoryException if there is no memory
   * @throws IllegalStateException if the pool is closed
   */
  Magazine filled(int sizeClass, int bytes) {
    Magazine filled = depots[sizeClass].filled();
    if (filled != null) {
      return filled;
    }
    Magazine magazine = depots[sizeClass].empty();
    if (heap.take(sizeClass, magazine)) {
      return magazine;
    }
    try {
      fillSlowly(sizeClass, bytes, magazine);
    } finally {
      if (magazine.count() == 0) {
        give(sizeClass, magazine);
      }
    }
    return magazine;
  }

  private void fillSlowly(int sizeClass, int bytes, Magazine magazine) {
    // Waiting with nothing in its hands.
    arrive();
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
        throw refused(bytes, refusal);
      }
    } finally {
      carry();
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

  /**
   * A buffer that has a span of its own.
   *
   * @throws OutOfRegisteredMemoryException if there is no memory
   * @throws IllegalStateException if the pool is closed
   */
  RegisteredByteBuf takeLarge(int bytes) {
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
    List<Slab> idle = new ArrayList<>();
    caches.drain(
        () -> {
          drainDepots();
          RegisteredByteBuf buffer = heap.takeLarge(bytes);
          taken.set(buffer);
          if (buffer == null) {
            idle.addAll(heap.unlistIdle());
          }
        });
    heap.free(idle);
    return taken.get();
  }

  private OutOfRegisteredMemoryException refused(int bytes, @Nullable IOException cause) {
    refusals.increment();
    HeapFigures figures = heap.figures();
    long used = Math.max(0, figures.bytesOut() - cachedBytes());
    var refusal =
        new OutOfRegisteredMemoryException(
            bytes, figures.registeredBytes(), used, ceilingBytes, cause);
    RefusalEvent.commit(refusal);
    return refusal;
  }

  private void drainDepots() {
    for (Depot depot : depots) {
      depot.drain().forEach(heap::give);
    }
  }

  /** Gives slabs back of which nothing is in use; returns their bytes. */
  long trim() {
    growing.lock();
    try {
      List<Slab> idle = new ArrayList<>();
      caches.drain(
          () -> {
            drainDepots();
            idle.addAll(heap.unlistIdle());
          });
      // The device takes its time: all threads would wait for it in there.
      return heap.free(idle);
    } finally {
      growing.unlock();
    }
  }

  /** From now on memory goes back as soon as it is free. */
  void close() {
    growing.lock();
    try {
      closed = true;
      caches.close();
      for (Depot depot : depots) {
        depot.close();
      }
      drainDepots();
      heap.close();
    } finally {
      growing.unlock();
    }
  }
}
