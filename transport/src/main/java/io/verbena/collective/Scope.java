package io.verbena.collective;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the operations of one communicator have in common. */
final class Scope {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(10);

  /** Far from where the difference of two times overflows. */
  private static final Duration FAR = Duration.ofNanos(Long.MAX_VALUE / 4);

  final Engine engine;
  final Group group;
  private final long number;
  private volatile Duration timeout = DEFAULT_TIMEOUT;
  private long sequence;
  private @Nullable CollectiveException broken;
  private volatile boolean closed;

  /** What may be started again, and so keeps its memory. */
  private final Set<Work> kept = new HashSet<>();

  /**
   * Creates the scope of a communicator.
   *
   * @param number the same at all ranks, and no other's that has one of them
   */
  Scope(Engine engine, Group group, long number) {
    this.engine = engine;
    this.group = group;
    this.number = number;
  }

  Duration timeout() {
    return timeout;
  }

  void setTimeout(Duration newTimeout) {
    if (newTimeout.isNegative() || newTimeout.isZero()) {
      throw new IllegalArgumentException("the timeout must be positive: " + newTimeout);
    }
    timeout = newTimeout;
  }

  /** Of messages between ranks. */
  long messageContext() {
    return 2 * number;
  }

  /** Of messages within collectives. */
  long collectiveContext() {
    return 2 * number + 1;
  }

  ScheduleRun newRun() {
    return new ScheduleRun(engine.peers, group, this::broke);
  }

  private void broke(CollectiveException why) {
    if (broken == null) {
      broken = why;
    }
  }

  /** Whether a collective has failed; with the lock, or for a look. */
  boolean isBroken() {
    return broken != null;
  }

  boolean isClosed() {
    return closed;
  }

  /** Its memory is given back when the communicator is closed. */
  void keep(Work work) {
    engine.lock();
    try {
      kept.add(work);
    } finally {
      engine.unlock();
    }
  }

  /** Gives the memory of what is not started again back. */
  void forget(Work work) {
    engine.lock();
    try {
      kept.remove(work);
      work.once();
      if (work.isEnded()) {
        work.free();
      }
    } finally {
      engine.unlock();
    }
  }

  /** Returns whether it was open. With the lock. */
  boolean close() {
    boolean wasOpen = !closed;
    closed = true;
    CollectiveException end = closed();
    for (Work each : kept) {
      each.once();
      each.fail(end);
      if (each.isEnded()) {
        each.free();
      }
    }
    kept.clear();
    engine.peers.drop(messageContext());
    engine.peers.drop(collectiveContext());
    return wasOpen;
  }

  private static CollectiveException closed() {
    return new CollectiveException(CollectiveException.Kind.CLOSED, "the communicator is closed");
  }

  /** Begins, if that makes sense; with the lock. */
  void begin(Work work) {
    CollectiveException earlier = broken;
    if (closed || engine.peers.isClosed()) {
      work.refuse(closed());
    } else if (work instanceof ScheduleRun run) {
      if (earlier == null) {
        run.begin(collectiveContext(), sequence++);
      } else {
        work.refuse(broken(earlier));
      }
    } else if (work instanceof Message message) {
      message.begin(messageContext());
    }
    engine.add(work);
  }

  private static CollectiveException broken(CollectiveException earlier) {
    return new CollectiveException(
        CollectiveException.Kind.BROKEN,
        earlier.rank().orElse(-1),
        "a collective of this communicator failed, shrink() makes another one: "
            + earlier.getMessage(),
        earlier);
  }

  /** Begins and waits for the end. */
  void complete(Work work, String what) throws CollectiveException {
    engine.lock();
    try {
      begin(work);
    } finally {
      engine.unlock();
    }
    await(work, timeout, what);
  }

  /** Waits for the end, which it makes at the deadline. */
  void await(Work work, Duration most, String what) throws CollectiveException {
    engine.await(work, deadline(most), what);
    work.requireSuccess();
  }

  static long deadline(Duration most) {
    return System.nanoTime() + (most.compareTo(FAR) > 0 ? FAR : most).toNanos();
  }
}
