package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.Intake;
import io.verbena.lane.LaneLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The core of an endpoint: its lock, its conversation, and who moves its data. Whoever does holds
 * the lock: a thread of the transport, or the caller itself.
 */
final class EndpointCore {
  private static final Logger LOG = LoggerFactory.getLogger(EndpointCore.class);

  /** Polls between looks at the clock, where no thread of the transport looks. */
  private static final int POLLS_PER_TICK = 1024;

  final LaneLock lock;
  final Conversation conversation;
  final Link link;
  final LinkReport report;
  private final Driver driver;
  final boolean callerProgress;
  private final long operationNanos;

  private volatile @Nullable HandlerCalls handler;
  private int pollsToTick = POLLS_PER_TICK;

  /** Polls by callers that wait for what a thread of the transport could also bring. */
  final CallerPolls polls;

  final Waiters waiters;
  final Closing closing;

  /** Whether the driver has been told that what was sent is a stream; with the lock. */
  boolean streaming;

  /**
   * Creates the core of an endpoint.
   *
   * @param lock guards the conversation and its lane: the lane's, if it shares something with
   *     others
   */
  EndpointCore(
      Conversation conversation,
      LaneLock lock,
      LinkReport report,
      Driver driver,
      TransportConfig config) {
    this.lock = lock;
    this.conversation = conversation;
    this.link = report.link();
    this.report = report;
    this.driver = driver;
    this.polls = driver.callerPolls();
    this.callerProgress = config.progress() == Progress.CALLER;
    this.waiters = new Waiters(this, driver, callerProgress);
    this.operationNanos = config.operationTimeout().toNanos();
    this.closing = new Closing(this, driver, config.closeTimeout().toNanos());
    conversation.listener(this::heard);
  }

  long operationNanos() {
    return operationNanos;
  }

  long operationDeadline() {
    return System.nanoTime() + operationNanos;
  }

  void requireUsable() throws TransportException {
    if (closing.hasBegun()) {
      throw new TransportException(Kind.CLOSED, "the endpoint is closed");
    }
    Failure end = conversation.ended();
    if (end != null) {
      throw end.exception();
    }
  }

  /**
   * Moves data without waiting, tells those who wait, and calls the handler. What goes wrong, a
   * buffer that was released too early or a defect of ours, ends this endpoint, not the thread that
   * serves all of them.
   */
  int progress() {
    int events = 0;
    lock.lock();
    try {
      if (!closing.isDone()) {
        events = driver.isOwnThread() ? advance(false) : advanceByCaller(false);
        wakeForUnsent();
        if (callerProgress && --pollsToTick <= 0) {
          pollsToTick = POLLS_PER_TICK;
          tick(System.nanoTime());
        }
      }
    } catch (RuntimeException | Error e) {
      LOG.error("{} failed", link, e);
      fail(new Failure(Kind.PROTOCOL, "the endpoint failed: " + e));
    } finally {
      lock.unlock();
    }
    dispatch();
    return events;
  }

  /** Calls the handler for what has arrived; without the lock. */
  void dispatch() {
    HandlerCalls calls = handler;
    if (calls != null) {
      calls.run();
    }
  }

  /** With the lock: another endpoint's poll has delivered events to this one. */
  private void heard() {
    waiters.tell(true);
    if (handler != null) {
      driver.attend(this);
    }
  }

  /** With the lock: everybody who waits is told that the conversation has ended. */
  void ended() {
    waiters.tellAll();
    if (handler != null) {
      driver.attend(this);
    }
  }

  /** Ends the conversation. */
  void fail(Failure cause) {
    lock.lock();
    try {
      conversation.end(cause);
      waiters.tellAll();
    } finally {
      lock.unlock();
    }
  }

  void handle(HandlerCalls calls) {
    lock.lock();
    try {
      if (handler != null) {
        throw new IllegalStateException("the endpoint has a handler already");
      }
      handler = calls;
    } finally {
      lock.unlock();
    }
    driver.attend(this);
  }

  /** What arrives is offered first to somebody who has a place for it. */
  void take(Intake intake) {
    lock.lock();
    try {
      intake.attached(new IntakeSource(this));
      conversation.inbox.intake(intake);
    } finally {
      lock.unlock();
    }
  }

  /** With the lock, by a thread that may go away: what it leaves behind is the driver's. */
  int advanceByCaller(boolean waiting) {
    int events = advance(waiting);
    if (events >= Conversation.POLL_LIMIT && !callerProgress) {
      driver.attend(this);
    }
    return events;
  }

  void wakeForUnsent() {
    if (!closing.isDone() && conversation.lane.hasUnsent()) {
      driver.wake(this);
    }
  }

  int advance(boolean waiting) {
    boolean failedBefore = conversation.failed();
    int events = 0;
    try {
      events = conversation.progress(waiting);
    } catch (RuntimeException | Error e) {
      LOG.error("{} failed", link, e);
      conversation.end(new Failure(Kind.PROTOCOL, "the endpoint failed: " + e));
      ended();
    }
    if (conversation.failed() != failedBefore) {
      // Those who poll for themselves must see it: nobody tells them again.
      events++;
    }
    waiters.tell(events > 0);
    return events;
  }

  /** The caller does not wait for what is to come: the driver has to bring it. */
  void leaveToDriver() {
    if (polls.isLent()) {
      lock.lock();
      try {
        driver.reclaim(this);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Lets the transport's threads go on with what the lane could not send at once. */
  void wakeDriver() {
    if (conversation.hasUnsent()) {
      driver.wake(this);
    }
  }

  boolean hasHandler() {
    return handler != null;
  }

  /**
   * Looks at the clock, now and then. Ends the conversation if an operation is overdue: only a dead
   * lane is sure not to touch the operation's memory any more.
   */
  void tick(long now) {
    if (conversation.operations.isEmpty() && !conversation.isDue(now)) {
      // Without the lock: what starts meanwhile is not overdue.
      return;
    }
    lock.lock();
    try {
      if (closing.hasBegun()) {
        return;
      }
      boolean failedBefore = conversation.failed();
      if (conversation.operations.hasOverdue(now)) {
        conversation.end(new Failure(Kind.TIMEOUT, "an operation did not end before its deadline"));
      } else {
        conversation.tick(now);
        String shortage = conversation.inbox.shortageToReport(now);
        if (shortage != null) {
          LOG.warn("{}: {}", conversation.ends, shortage);
        }
      }
      if (conversation.failed() != failedBefore) {
        ended();
      }
      // A question for which the socket had no room.
      wakeForUnsent();
    } catch (RuntimeException | Error e) {
      LOG.error("{} failed", link, e);
      conversation.end(new Failure(Kind.PROTOCOL, "the endpoint failed: " + e));
      ended();
    } finally {
      lock.unlock();
    }
  }

  EndpointState state() {
    lock.lock();
    try {
      if (closing.hasBegun()) {
        return closing.isDone() ? EndpointState.CLOSED : EndpointState.CLOSING;
      }
      if (conversation.failed()) {
        return EndpointState.FAILED;
      }
      return conversation.peerClosed() ? EndpointState.PEER_CLOSED : EndpointState.OPEN;
    } finally {
      lock.unlock();
    }
  }

  /** How many want to be told what comes; an estimate for those who do not have the lock. */
  int listeners() {
    return waiters.count() + (hasHandler() ? 1 : 0);
  }

  /** Why the endpoint has ended; null while it has not. */
  @Nullable Failure end() {
    return closing.hasBegun() ? closing.cause() : conversation.ended();
  }
}
