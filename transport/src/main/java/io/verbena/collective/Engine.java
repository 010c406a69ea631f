package io.verbena.collective;

import io.verbena.collective.peer.Peers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Moves all that is under way in a process, whenever somebody waits for some of it. */
final class Engine {
  /** So often it is looked for news before others get the processor, where nobody wants it. */
  private static final int MOST_SPINS = 32;

  /** Who gets the processor back later than that was not alone on it. */
  private static final long ALONE_NANOS = TimeUnit.MICROSECONDS.toNanos(3);

  /** Then nothing has come for so long that other things are more important. */
  private static final int IDLE_BEFORE_SLEEP = 160_000;

  private static final long SLEEP_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  private static final int POLLS_PER_CLOCK = 64;

  /** So many communicators can a process make, times two for the sorts of messages. */
  private static final int RANK_SHIFT = 30;

  final Peers peers;
  private final List<Work> active = new ArrayList<>();
  private int reserved;

  Engine(Peers peers) {
    this.peers = peers;
  }

  void lock() {
    peers.lock.lock();
  }

  void unlock() {
    peers.lock.unlock();
  }

  /**
   * A number that no communicator of the job has, or will have, unless this process gives it to
   * one; with the lock.
   */
  long reserve() {
    return (long) peers.rank() << RANK_SHIFT | ++reserved;
  }

  /** Looks after work that was begun until it has ended; with the lock. */
  void add(Work work) {
    if (!work.isEnded()) {
      active.add(work);
    }
  }

  /** Moves what can be moved; returns whether anything was. */
  private boolean advance() {
    boolean moved = peers.advance();
    for (int i = active.size() - 1; i >= 0; i--) {
      Work work = active.get(i);
      work.advance();
      if (work.isEnded()) {
        active.set(i, active.getLast());
        active.removeLast();
      }
    }
    return moved;
  }

  /** Moves what can be moved, and says whether some work has ended. */
  boolean isEnded(Work work) {
    lock();
    try {
      if (!work.isEnded()) {
        advance();
      }
      if (work.isEnded()) {
        work.settle();
      }
      return work.isEnded();
    } finally {
      unlock();
    }
  }

  /** Waits until it has ended; fails it at the deadline. */
  void await(Work work, long deadlineNanos, String what) {
    boolean late = false;
    for (int idle = 1; ; idle++) {
      lock();
      try {
        if (!work.isEnded() && advance()) {
          idle = 0;
        }
        if (work.isEnded()) {
          work.settle();
          return;
        }
        // Also where something moves all the time: it need not be ours.
        if (!late && ++polls % POLLS_PER_CLOCK == 0) {
          late = isOver(work, deadlineNanos, what);
        }
      } finally {
        unlock();
      }
      pause(idle);
    }
  }

  private int polls;

  /** Looks before others get the processor: few where it has more ranks than one. A guess. */
  private int spins = MOST_SPINS;

  private static boolean isOver(Work work, long deadlineNanos, String what) {
    if (Thread.currentThread().isInterrupted()) {
      work.fail(
          new CollectiveException(
              CollectiveException.Kind.CANCELLED, what + ": the waiting thread was interrupted"));
      return true;
    }
    if (System.nanoTime() - deadlineNanos < 0) {
      return false;
    }
    work.fail(
        new CollectiveException(
            CollectiveException.Kind.TIMEOUT,
            "%s: the deadline passed; %s".formatted(what, work.awaited())));
    return true;
  }

  @SuppressWarnings("ThreadPriorityCheck") // A hint for machines with fewer cores than ranks.
  private void pause(int idle) {
    if (idle % spins != 0) {
      Thread.onSpinWait();
    } else if (idle < IDLE_BEFORE_SLEEP) {
      long before = System.nanoTime();
      Thread.yield();
      boolean alone = System.nanoTime() - before < ALONE_NANOS;
      spins = alone ? Math.min(spins + 1, MOST_SPINS) : Math.max(spins / 2, 1);
    } else {
      LockSupport.parkNanos(SLEEP_NANOS);
    }
  }
}
