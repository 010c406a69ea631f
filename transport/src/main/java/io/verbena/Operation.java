package io.verbena;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The state of one one-sided operation. The caller owns it and may use it again as soon as it is
 * done. Thread-safe: one thread starts the operation, any may wait for it.
 */
public final class Operation {
  private enum State {
    IDLE,
    PENDING,
    DONE,
    FAILED
  }

  private volatile State state = State.IDLE;
  private @Nullable EndpointCore endpoint;
  private @Nullable CompletableFuture<Long> future;
  private @Nullable Failure failure;
  private long result;
  private long deadline;

  /** Creates an operation that is not started. */
  public Operation() {}

  /**
   * Whether the operation has ended, with success or without.
   *
   * @return false while it is under way, and before its first use
   */
  public boolean isDone() {
    if (hasEnded()) {
      return true;
    }
    EndpointCore owner = state == State.PENDING ? endpoint : null;
    if (owner != null) {
      // Who asks does not wait: somebody else has to bring it.
      owner.leaveToDriver();
    }
    return hasEnded();
  }

  /** The same for those who wait. */
  boolean hasEnded() {
    State now = state;
    return now == State.DONE || now == State.FAILED;
  }

  /**
   * Waits until the operation ends, which it does before the configured operation timeout.
   *
   * @return the previous value for atomics, else 0
   * @throws TransportException if it failed
   */
  public long await() throws TransportException {
    return await(Duration.ofDays(1));
  }

  /**
   * Waits until the operation ends or the time is over; in the latter case it goes on.
   *
   * @param timeout how long to wait
   * @return the previous value for atomics, else 0
   * @throws TransportException if it failed, or with {@link TransportException.Kind#TIMEOUT} when
   *     the time is over
   */
  public long await(Duration timeout) throws TransportException {
    if (state == State.IDLE) {
      throw new IllegalStateException("the operation was not started");
    }
    if (!hasEnded()) {
      Objects.requireNonNull(endpoint).waiters.await(this, timeout);
    }
    return result();
  }

  /**
   * The result of a finished operation.
   *
   * @return the previous value for atomics, else 0
   * @throws TransportException if it failed
   * @throws IllegalStateException if it has not ended
   */
  public long result() throws TransportException {
    return switch (state) {
      case DONE -> result;
      case FAILED -> throw Objects.requireNonNull(failure).exception();
      case IDLE, PENDING -> throw new IllegalStateException("the operation has not ended");
    };
  }

  /**
   * A future of this use of the operation. It completes on a virtual thread of its own, so that its
   * dependents may block and call what they like; who needs every microsecond awaits the operation
   * instead.
   *
   * @return completes with what {@link #result} gives
   */
  public CompletableFuture<Long> toFuture() {
    CompletableFuture<Long> pending = pendingFuture();
    EndpointCore owner = endpoint;
    if (pending != null && owner != null) {
      owner.leaveToDriver();
      return pending;
    }
    try {
      return CompletableFuture.completedFuture(result());
    } catch (TransportException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private synchronized @Nullable CompletableFuture<Long> pendingFuture() {
    if (state == State.PENDING && future == null) {
      future = new CompletableFuture<>();
    }
    return state == State.PENDING ? future : null;
  }

  synchronized void start(EndpointCore owner, long deadlineNanos) {
    if (state == State.PENDING) {
      throw new IllegalStateException("the operation is under way: use one for each");
    }
    endpoint = owner;
    deadline = deadlineNanos;
    failure = null;
    future = null;
    state = State.PENDING;
  }

  /** Takes back a start: the lane did not accept the operation. */
  void cancelStart() {
    state = State.IDLE;
  }

  boolean isOverdue(long now) {
    return now - deadline >= 0;
  }

  void complete(long value, @Nullable Failure cause) {
    CompletableFuture<Long> waiting;
    synchronized (this) {
      waiting = future;
      result = value;
      failure = cause;
      // Last: whoever sees it may start the operation again.
      state = cause == null ? State.DONE : State.FAILED;
    }
    if (waiting == null) {
      return;
    }
    // Whoever moves data holds the locks of many endpoints: dependents must not run there.
    Thread.ofVirtual()
        .name("verbena-future")
        .start(
            () -> {
              if (cause == null) {
                waiting.complete(value);
              } else {
                waiting.completeExceptionally(cause.exception());
              }
            });
  }
}
