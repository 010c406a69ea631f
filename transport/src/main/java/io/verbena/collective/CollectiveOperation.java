package io.verbena.collective;

import java.time.Duration;

/**
 * A collective, or a message between ranks, that does not hold up its caller. It moves on while
 * some thread of this process waits for, or asks about, any operation of its job: between these
 * calls nothing happens. Threads: any, one at a time.
 *
 * <p>Stands for MPI's requests (MPI 4.1, sections 3.7 and 3.9).
 */
public final class CollectiveOperation implements AutoCloseable {
  private final Scope scope;
  private final Work work;
  private final String name;
  private boolean started;

  /** Creates an operation that has not been started, and can be as often as is wanted. */
  CollectiveOperation(Scope scope, Work work, String name) {
    this.scope = scope;
    this.work = work;
    this.name = name;
    scope.keep(work);
  }

  /**
   * Starts an operation that was prepared, or starts it again after its end, with what is in its
   * memory now. All ranks start the collectives of a communicator in the same order. In a
   * communicator that is closed, or broken by an earlier failure, it fails at once.
   *
   * @return this
   * @throws IllegalStateException if it is under way
   */
  public CollectiveOperation start() {
    scope.engine.lock();
    try {
      if (!work.isEnded()) {
        throw new IllegalStateException(name + " is under way");
      }
      started = true;
      scope.begin(work);
    } finally {
      scope.engine.unlock();
    }
    return this;
  }

  CollectiveOperation startOnce() {
    scope.forget(work);
    return start();
  }

  /**
   * Whether it has ended, with or without success; moves it on.
   *
   * @return whether {@link #await} returns at once
   */
  public boolean isDone() {
    return started && scope.engine.isEnded(work);
  }

  /**
   * Waits until it has ended, at most for the communicator's {@link Communicator#timeout}.
   *
   * @throws CollectiveException if it fails, or the time passes: then it has ended nevertheless,
   *     and so has the use of its memory
   * @throws IllegalStateException if it was not started
   */
  public void await() throws CollectiveException {
    await(scope.timeout());
  }

  /**
   * Waits until it has ended.
   *
   * @param timeout for how long
   * @throws CollectiveException if it fails, or the time passes: then it has ended nevertheless,
   *     and so has the use of its memory
   * @throws IllegalStateException if it was not started
   */
  public void await(Duration timeout) throws CollectiveException {
    if (!started) {
      throw new IllegalStateException(name + " was not started");
    }
    scope.await(work, timeout, name);
  }

  /**
   * Ends it before its time, and returns when its memory is not used any more. Nothing if it has
   * ended. The other ranks are not told: their parts fail at their deadlines, and no more
   * collectives are possible in this communicator. A rank that does not take within a second what
   * was already on its way to it is given up, as one that is lost, in all communicators.
   */
  public void cancel() {
    scope.engine.lock();
    try {
      work.fail(
          new CollectiveException(CollectiveException.Kind.CANCELLED, name + " was cancelled"));
    } finally {
      scope.engine.unlock();
    }
    scope.engine.await(work, Scope.deadline(scope.timeout()), name);
  }

  /**
   * Gives the memory back that it keeps for being started again, at its end if it is under way. It
   * can be started again all the same. Closing the communicator does this for all operations.
   */
  @Override
  public void close() {
    scope.forget(work);
  }

  /**
   * What a receive that has ended well received.
   *
   * @return from whom, and how much
   * @throws IllegalStateException if this is no receive, or if it has not ended well
   */
  public Received received() {
    if (work instanceof Message message && started && work.isEnded() && work.failure() == null) {
      return message.received();
    }
    throw new IllegalStateException(name + " has received nothing");
  }

  @Override
  public String toString() {
    return name;
  }
}
