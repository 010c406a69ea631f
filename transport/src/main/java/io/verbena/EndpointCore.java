package io.verbena;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lock of an endpoint, how its callers wait for each other, and its end. Whoever moves data
 * holds the lock: a thread of the transport, or the caller itself.
 */
final class EndpointCore {
  private static final Logger LOG = LoggerFactory.getLogger(EndpointCore.class);

  static final long NO_COOKIE = -1;

  /** Polls without news before a spinning caller lets other threads have the core. */
  private static final int SPINS_BEFORE_YIELD = 200;

  /** How often a spinning caller looks at the clock, in polls: a fraction of a millisecond. */
  private static final int POLLS_PER_CHECK = 128;

  private static final long GIVE_WAY_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

  private static final long CLOSE_STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  /** How long closing waits for the peer's side of the goodbye, once everything is sent. */
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

  final ReentrantLock lock = new ReentrantLock();
  final Conversation conversation;
  final Link link;
  private final Condition changed = lock.newCondition();
  private final Driver driver;
  private final boolean callerProgress;
  private final long operationNanos;
  private final long closeNanos;
  private final Condition room = lock.newCondition();
  private int waiters;
  private int roomWaiters;
  private @Nullable Thread closer;
  private boolean closing;
  private boolean closed;

  EndpointCore(Conversation conversation, Link link, Driver driver, TransportConfig config) {
    this.conversation = conversation;
    this.link = link;
    this.driver = driver;
    this.callerProgress = config.progress() == Progress.CALLER;
    this.operationNanos = config.operationTimeout().toNanos();
    this.closeNanos = config.closeTimeout().toNanos();
  }

  long operationNanos() {
    return operationNanos;
  }

  long operationDeadline() {
    return System.nanoTime() + operationNanos;
  }

  void requireUsable() throws TransportException {
    if (closing) {
      throw new TransportException(Kind.CLOSED, "the endpoint is closed");
    }
    Failure end = conversation.ended();
    if (end != null) {
      throw end.exception();
    }
  }

  /**
   * Moves data without waiting and tells those who wait. What goes wrong, a buffer that was
   * released too early or a defect of ours, ends this endpoint, not the thread that serves all of
   * them.
   */
  int progress() {
    lock.lock();
    try {
      return closed ? 0 : advance();
    } catch (RuntimeException | Error e) {
      LOG.error("{} failed", link, e);
      conversation.lane.close();
      conversation.fail(new Failure(Kind.PROTOCOL, "the endpoint failed: " + e));
      changed.signalAll();
      room.signalAll();
      return 0;
    } finally {
      lock.unlock();
    }
  }

  private int advance() {
    boolean failedBefore = conversation.failed();
    int events = conversation.progress();
    boolean news = events > 0 || conversation.failed() != failedBefore;
    if (waiters > 0 && news) {
      changed.signalAll();
    }
    signalRoom(news);
    return events;
  }

  /** Tells those who wait for room to send, also when it came without an event. */
  private void signalRoom(boolean news) {
    if (roomWaiters > 0 && (news || !conversation.hasOutgoing())) {
      room.signalAll();
    }
  }

  boolean offer(ByteBuf message) {
    boolean accepted = conversation.offer(message);
    wakeDriver();
    signalRoom(false);
    return accepted;
  }

  @Nullable ByteBuf take() throws TransportException {
    ByteBuf message = conversation.take();
    if (message == null && callerProgress && !closing) {
      advance();
      message = conversation.take();
    }
    if (message == null) {
      requireUsable();
    } else {
      // Taking a message may have granted credit that the socket had no room for.
      wakeDriver();
    }
    return message;
  }

  /** Waits for an event: a message, the end of an operation. See {@link #pause}. */
  void pauseForEvent(long deadline, int pauses, String what) throws TransportException {
    waiters++;
    try {
      pause(changed, deadline, pauses, what);
    } finally {
      waiters--;
    }
  }

  /** Waits for room to send or to start an operation. See {@link #pause}. */
  void pauseForRoom(long deadline, int pauses, String what) throws TransportException {
    roomWaiters++;
    try {
      pause(room, deadline, pauses, what);
    } finally {
      roomWaiters--;
    }
  }

  /**
   * Lets something happen: sleeps while the transport's threads work, or polls and gives others a
   * chance. The caller holds the lock once, checks its condition before and after.
   *
   * @param pauses how often the caller has paused, from 1
   */
  @SuppressWarnings({
    "ThreadPriorityCheck", // A hint for machines with fewer cores than spinners.
    "WaitNotInLoop" // The callers loop.
  })
  private void pause(Condition condition, long deadline, int pauses, String what)
      throws TransportException {
    try {
      if (!callerProgress) {
        condition.awaitNanos(leftUntil(deadline, what));
        return;
      }
      int events = advance();
      if (pauses % POLLS_PER_CHECK == 0) {
        leftUntil(deadline, what);
        failOverdue(System.nanoTime());
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
      if (lock.hasQueuedThreads()) {
        giveWay();
      } else if (pauses % SPINS_BEFORE_YIELD == 0) {
        Thread.yield();
      } else if (events == 0) {
        Thread.onSpinWait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException(Kind.TIMEOUT, what + ": the waiting thread was interrupted", e);
    }
  }

  private long leftUntil(long deadline, String what) throws TransportException {
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      throw new TransportException(
          Kind.TIMEOUT, "%s: the deadline passed (link: %s)".formatted(what, link));
    }
    return left;
  }

  /** Long enough for a thread that sleeps on the lock to get it from one that spins with it. */
  private void giveWay() {
    lock.unlock();
    try {
      LockSupport.parkNanos(GIVE_WAY_NANOS);
    } finally {
      lock.lock();
    }
  }

  /** Gives an operation a place and a deadline; {@link #NO_COOKIE} if there is no place. */
  long begin(Endpoint endpoint, Operation operation) throws TransportException {
    requireUsable();
    if (conversation.operations.isFull()) {
      return NO_COOKIE;
    }
    operation.start(endpoint, operationDeadline());
    return conversation.operations.add(operation);
  }

  void settle(Operation operation, long cookie, boolean accepted) {
    if (!accepted) {
      conversation.operations.remove(cookie);
      operation.cancelStart();
    }
    wakeDriver();
  }

  /** Lets the transport's threads go on with what the lane could not send at once. */
  void wakeDriver() {
    if (conversation.lane.hasUnsent() || conversation.hasOutgoing()) {
      driver.wake(this);
    }
  }

  /**
   * Ends the conversation if an operation is overdue: only a dead lane is sure not to touch the
   * operation's memory any more.
   */
  void failOverdue(long now) {
    lock.lock();
    try {
      if (!closing && conversation.operations.hasOverdue(now)) {
        conversation.lane.close();
        conversation.fail(
            new Failure(Kind.TIMEOUT, "a one-sided operation did not end before its deadline"));
        changed.signalAll();
        room.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    return closed;
  }

  /**
   * Says goodbye as far as deadlines allow, then frees everything. False if another thread did:
   * then it is done.
   */
  boolean close() {
    lock.lock();
    try {
      if (closing) {
        while (!closed && closer != Thread.currentThread()) {
          changed.awaitUninterruptibly();
        }
        return false;
      }
      closing = true;
      closer = Thread.currentThread();
      changed.signalAll();
      room.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      long deadline = System.nanoTime() + closeNanos;
      drive(deadline, this::flushed);
      drive(Math.min(deadline, System.nanoTime() + LINGER_NANOS), this::peerGone);
    } finally {
      release();
    }
    return true;
  }

  private void release() {
    lock.lock();
    try {
      closed = true;
      // First the lane: while it lives, operations under way may touch their memory.
      conversation.lane.close();
      var end = new Failure(Kind.CLOSED, "this side closed the endpoint");
      conversation.fail(end);
      conversation.operations.failAll(end);
      conversation.dropReceived();
    } finally {
      changed.signalAll();
      room.signalAll();
      lock.unlock();
      driver.detach(this);
    }
  }

  private boolean flushed() {
    if (conversation.ended() != null) {
      return true;
    }
    conversation.progress();
    return conversation.sendClose() && !conversation.lane.hasUnsent();
  }

  private boolean peerGone() {
    if (conversation.failed()) {
      return true;
    }
    conversation.lane.shutdownOutput();
    return conversation.lane.peerEnded();
  }

  private void drive(long deadline, BooleanSupplier done) {
    while (true) {
      lock.lock();
      try {
        if (done.getAsBoolean()) {
          return;
        }
      } finally {
        lock.unlock();
      }
      if (System.nanoTime() - deadline >= 0) {
        return;
      }
      LockSupport.parkNanos(CLOSE_STEP_NANOS);
    }
  }
}
