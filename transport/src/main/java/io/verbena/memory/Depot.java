package io.verbena.memory;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where threads exchange magazines of one size class: who only releases leaves full ones here, who
 * only allocates fetches them.
 */
final class Depot {
  private final int sizeClass;
  private final BriefLock lock = new BriefLock();
  private final List<Magazine> filled = new ArrayList<>();
  private final List<Magazine> empty = new ArrayList<>();
  private boolean closed;

  Depot(int sizeClass) {
    this.sizeClass = sizeClass;
  }

  /** A magazine with something in it, or null. */
  @Nullable Magazine filled() {
    lock.lock();
    try {
      return filled.isEmpty() ? null : filled.removeLast();
    } finally {
      lock.unlock();
    }
  }

  Magazine empty() {
    lock.lock();
    try {
      return empty.isEmpty() ? Magazine.forClass(sizeClass) : empty.removeLast();
    } finally {
      lock.unlock();
    }
  }

  /** False if the depot is closed: then the buffers are still the caller's. */
  boolean give(Magazine magazine) {
    if (magazine == Magazine.NONE) {
      return true;
    }
    // It may lie here for ever, and the leak detector would not see what it refers to.
    magazine.forgetTaken();
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      (magazine.count() == 0 ? empty : filled).add(magazine);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** All filled magazines, and room for the memory of the empty ones. */
  List<Magazine> drain() {
    lock.lock();
    try {
      List<Magazine> all = List.copyOf(filled);
      filled.clear();
      empty.clear();
      return all;
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  long cachedBytes() {
    lock.lock();
    try {
      long buffers = 0;
      for (Magazine magazine : filled) {
        buffers += magazine.count();
      }
      return buffers * SizeClasses.bytes(sizeClass);
    } finally {
      lock.unlock();
    }
  }
}
