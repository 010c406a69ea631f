package io.verbena.memory;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The caches of all platform threads that use a pool, found by the thread's number: faster than a
 * {@code ThreadLocal}, and the same for Netty's threads and all others. Caches of threads that have
 * ended are emptied when the next one is created or all are drained.
 */
final class ThreadCaches {
  private static final int SMALLEST_TABLE = 64;

  /** Sparse, so that a search seldom takes a second look. */
  private static final int SLOTS_FOR_EACH = 4;

  private static final int SPINS = 1000;
  private static final long PAUSE_NANOS = 20_000;

  private final Consumer<Magazine> drained;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<ThreadCache> all = new ArrayList<>();
  private volatile @Nullable ThreadCache[] table = new ThreadCache[SMALLEST_TABLE];
  private boolean closed;

  /** Of threads that have ended or have no cache; guarded by itself. */
  private final CopyCount copiedByOthers = new CopyCount();

  /**
   * @param drained takes what lay in caches that are emptied
   */
  ThreadCaches(Consumer<Magazine> drained) {
    this.drained = drained;
  }

  /** This thread's cache, or null if it has none: see {@link #enroll}. */
  @Nullable ThreadCache current() {
    long id = Thread.currentThread().threadId();
    @Nullable ThreadCache[] slots = table;
    int mask = slots.length - 1;
    int slot = (int) id & mask;
    ThreadCache cache = slots[slot];
    while (cache != null && cache.ownerId != id) {
      slot = (slot + 1) & mask;
      cache = slots[slot];
    }
    return cache;
  }

  /**
   * Adds a cache.
   *
   * @param owner the current thread, or null for a cache that several threads share
   */
  ThreadCache enroll(@Nullable Thread owner) {
    lock.lock();
    try {
      var cache = new ThreadCache(owner);
      if (closed) {
        cache.revoke();
        return cache;
      }
      buryOrphans();
      all.add(cache);
      rebuild();
      return cache;
    } finally {
      lock.unlock();
    }
  }

  /** Returns when nobody drains the caches. */
  void awaitDrain() {
    lock.lock();
    try {
      // Waiting for the lock is the point.
    } finally {
      lock.unlock();
    }
  }

  /**
   * Empties all caches, while their threads go on working.
   *
   * @param whileEmpty what to do before they can be filled again
   */
  void drain(Runnable whileEmpty) {
    lock.lock();
    try {
      buryOrphans();
      empty();
      whileEmpty.run();
    } finally {
      if (!closed) {
        all.forEach(ThreadCache::restore);
      }
      lock.unlock();
    }
  }

  /** Empties all caches; from now on they take and give nothing. */
  void close() {
    lock.lock();
    try {
      closed = true;
      drain(() -> {});
    } finally {
      lock.unlock();
    }
  }

  long cachedBytes() {
    lock.lock();
    try {
      return all.stream().mapToLong(ThreadCache::cachedBytes).sum();
    } finally {
      lock.unlock();
    }
  }

  void countCopy(int bytes) {
    ThreadCache cache = current();
    if (cache != null) {
      cache.copied.add(bytes);
      return;
    }
    synchronized (copiedByOthers) {
      copiedByOthers.add(bytes);
    }
  }

  CopyCount copied() {
    lock.lock();
    try {
      var sum = new CopyCount();
      synchronized (copiedByOthers) {
        sum.add(copiedByOthers);
      }
      all.forEach(cache -> sum.add(cache.copied));
      return sum;
    } finally {
      lock.unlock();
    }
  }

  private void empty() {
    if (all.isEmpty()) {
      return;
    }
    all.forEach(ThreadCache::revoke);
    handshake();
    for (ThreadCache cache : all) {
      for (int spins = 0; cache.isBusy(); spins++) {
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
      unload(cache);
    }
  }

  /** Every Java thread passes a point at which its memory is in order before this returns. */
  private static void handshake() {
    try (Arena _ = Arena.ofShared()) {
      // Nothing to do with it: closing is the point.
    }
  }

  private void buryOrphans() {
    List<ThreadCache> orphans = all.stream().filter(ThreadCache::isOrphan).toList();
    if (!orphans.isEmpty()) {
      orphans.forEach(this::bury);
      all.removeAll(orphans);
      rebuild();
    }
  }

  private void bury(ThreadCache orphan) {
    unload(orphan);
    synchronized (copiedByOthers) {
      copiedByOthers.add(orphan.copied);
    }
  }

  private void unload(ThreadCache cache) {
    for (int i = 0; i < SizeClasses.COUNT; i++) {
      drained.accept(cache.unload(i, true));
      drained.accept(cache.unload(i, false));
    }
  }

  private void rebuild() {
    int size = SMALLEST_TABLE;
    while (size < all.size() * SLOTS_FOR_EACH) {
      size *= 2;
    }
    var slots = new ThreadCache[size];
    for (ThreadCache cache : all) {
      if (cache.isShared()) {
        continue;
      }
      int slot = (int) cache.ownerId & (size - 1);
      while (slots[slot] != null) {
        slot = (slot + 1) & (size - 1);
      }
      slots[slot] = cache;
    }
    table = slots;
  }
}
