package io.verbena;

import io.verbena.TransportException.Kind;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of an endpoint by its own side: once, after a goodbye or without. The endpoint's lock
 * guards it.
 */
final class Closing {
  private static final Logger LOG = LoggerFactory.getLogger(Closing.class);
  private static final Failure CLOSED = new Failure(Kind.CLOSED, "this side closed the endpoint");

  private static final long STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  /** How long closing waits for the peer's side of the goodbye, once the peer has everything. */
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final EndpointCore core;
  private final Conversation conversation;
  private final Driver driver;
  private final long mostNanos;

  /** Who closes; null before. */
  private @Nullable Thread closer;

  /** Why the endpoint has ended. */
  private Failure cause = CLOSED;

  private boolean done;

  /** Whether the peer got all that we sent, as far as the lane knows. */
  private boolean saidGoodbye;

  /** Whether somebody who cannot wait closes, too. */
  private boolean hurried;

  Closing(EndpointCore core, Driver driver, long mostNanos) {
    this.core = core;
    this.conversation = core.conversation;
    this.driver = driver;
    this.mostNanos = mostNanos;
  }

  boolean hasBegun() {
    return closer != null;
  }

  boolean isDone() {
    return done;
  }

  /** Why the endpoint has ended, once closing has begun. */
  Failure cause() {
    return cause;
  }

  /** Whether others wait for this thread, so that it must not wait for them. */
  boolean isAwaited() {
    return core.lock.isHeldByCurrentThread() || driver.isOwnThread();
  }

  /**
   * Frees everything, after the goodbye as far as deadlines allow. Returns when it is done, unless
   * the calling thread is one that others wait for: then another one does it.
   *
   * @param orderly whether to say goodbye at all
   * @param onClosed runs once, when it is done
   */
  void run(boolean orderly, Runnable onClosed) {
    boolean isAwaited = isAwaited();
    core.lock.lock();
    try {
      if (hasBegun()) {
        hurried |= !orderly;
        while (!done && !isAwaited && closer != Thread.currentThread()) {
          core.waiters.sleepUninterruptibly();
        }
        return;
      }
      closer = Thread.currentThread();
      Failure end = conversation.ended();
      cause = end == null ? CLOSED : end;
      core.waiters.tellAll();
    } finally {
      core.lock.unlock();
    }
    if (isAwaited && orderly) {
      Thread.ofVirtual().name("verbena-close").start(() -> finish(true, onClosed));
    } else {
      finish(orderly, onClosed);
    }
  }

  private void finish(boolean orderly, Runnable onClosed) {
    try {
      if (orderly) {
        sayGoodbye();
      }
    } finally {
      try {
        release();
      } finally {
        onClosed.run();
      }
    }
  }

  private void sayGoodbye() {
    long deadline = System.nanoTime() + mostNanos;
    boolean sent = drive(deadline, this::sendsAll);
    boolean lossy = isLossy();
    long linger = lossy ? deadline : Math.min(deadline, System.nanoTime() + LINGER_NANOS);
    boolean gone = drive(linger, this::peerGone);
    core.lock.lock();
    try {
      saidGoodbye = sent && conversation.hasSentClose() && !conversation.lane.mayHaveLost();
    } finally {
      core.lock.unlock();
    }
    if (!sent) {
      unsaid("it was closed before everything was sent");
    } else if (lossy && !(gone && saidGoodbye)) {
      unsaid("it was closed before the peer had confirmed that it has everything");
    }
  }

  /**
   * What TCP has sent may still be in this machine, and is lost if the socket is closed before the
   * peer has it and the peer says something.
   */
  private boolean isLossy() {
    core.lock.lock();
    try {
      return core.link instanceof Link.Tcp && !conversation.outbox.isAcknowledged();
    } finally {
      core.lock.unlock();
    }
  }

  /** What was sent may be lost, which is never silent. */
  private void unsaid(String what) {
    core.lock.lock();
    try {
      if (cause.equals(CLOSED) && !hurried) {
        Failure end = conversation.ended();
        long millis = TimeUnit.NANOSECONDS.toMillis(mostNanos);
        cause =
            end == null || end.kind() == Kind.PEER_CLOSED
                ? new Failure(
                    Kind.TIMEOUT, "%s: the close timeout is %d ms".formatted(what, millis))
                : new Failure(end.kind(), "%s: %s".formatted(what, end.text()));
        LOG.warn("{}: {}", core.link, cause.text());
      }
    } finally {
      core.lock.unlock();
    }
  }

  private void release() {
    core.lock.lock();
    try {
      done = true;
      Failure end = conversation.ended();
      // After a goodbye the peer's end is what was waited for.
      if (end != null && end.kind() != Kind.PEER_CLOSED && !saidGoodbye && cause.equals(CLOSED)) {
        cause = end;
      }
      CloseEvent.commit(conversation.ends, core.link, cause);
      conversation.end(CLOSED);
      conversation.dropReceived();
    } finally {
      core.waiters.tellAll();
      core.lock.unlock();
      driver.detach(core);
    }
    core.dispatch();
  }

  private boolean sendsAll() {
    if (conversation.ended() != null) {
      return true;
    }
    conversation.progress(false);
    return conversation.sendClose() && !conversation.lane.hasUnsent();
  }

  private boolean peerGone() {
    if (conversation.failed()) {
      return true;
    }
    conversation.lane.shutdownOutput();
    return conversation.lane.peerEnded();
  }

  /** Whether the step has come to its end, in time and unhurried. */
  private boolean drive(long deadline, BooleanSupplier step) {
    while (true) {
      core.lock.lock();
      try {
        if (step.getAsBoolean()) {
          return true;
        }
        if (hurried) {
          return false;
        }
      } finally {
        core.lock.unlock();
      }
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
  }
}
