package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.LaneLock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Callers that wait for something to happen to an endpoint. Where a thread of the transport moves
 * the data they look for themselves only for a moment, and then sleep until they are told; else
 * they poll. The endpoint's lock guards it.
 */
final class Waiters {
  /**
   * Pauses without news, each some microseconds of looking, before a spinning caller lets other
   * threads have the core.
   */
  private static final int SPINS_BEFORE_YIELD = 25;

  /** How often a spinning caller looks at the clock, in pauses: a millisecond at most. */
  private static final int POLLS_PER_CHECK = 128;

  private static final long GIVE_WAY_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

  private final EndpointCore core;
  private final Conversation conversation;
  private final LaneLock lock;
  private final Driver driver;
  private final boolean callerProgress;
  private final Sleepers changed;
  private final Sleepers room;

  // What a caller looks for, with the lock: whether it has come.
  private final BooleanSupplier event = this::bringsEvent;
  private final BooleanSupplier roomToSend = this::makesRoom;
  private final BooleanSupplier sent = this::sendsAll;

  // Also read without the lock, as estimates.
  private int forEvents;
  private int forRoom;

  Waiters(EndpointCore core, Driver driver, boolean callerProgress) {
    this.core = core;
    this.conversation = core.conversation;
    this.lock = core.lock;
    this.driver = driver;
    this.callerProgress = callerProgress;
    this.changed = new Sleepers(lock);
    this.room = new Sleepers(lock);
  }

  /** How many there are; an estimate for those who do not have the lock. */
  int count() {
    return forEvents + forRoom;
  }

  /**
   * Tells those who wait for what may have come: room to send comes also without an event.
   *
   * @param news whether there were events
   */
  void tell(boolean news) {
    if (forEvents > 0 && news) {
      changed.wakeAll();
    }
    if (forRoom > 0 && (news || !conversation.hasOutgoing())) {
      room.wakeAll();
    }
  }

  /** Tells everybody, whatever they wait for. */
  void tellAll() {
    changed.wakeAll();
    room.wakeAll();
  }

  /** Sleeps until there is news, or for no reason. */
  void sleepUninterruptibly() {
    changed.sleepUninterruptibly();
  }

  /** Takes the lock and waits until an operation has ended. */
  void await(Operation operation, Duration timeout) throws TransportException {
    long deadline = System.nanoTime() + Timeouts.nanos(timeout);
    lock.lock();
    try {
      for (int pauses = 1; !operation.hasEnded(); pauses++) {
        pauseForEvent(deadline, pauses, "operation");
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits for an event: a message, the end of an operation. See {@link #pause}. */
  void pauseForEvent(long deadline, int pauses, String what) throws TransportException {
    forEvents++;
    try {
      pause(changed, event, deadline, pauses, what);
    } finally {
      forEvents--;
    }
  }

  /** Waits for room to send or to start an operation. See {@link #pause}. */
  void pauseForRoom(long deadline, int pauses, String what) throws TransportException {
    forRoom++;
    try {
      pause(room, roomToSend, deadline, pauses, what);
    } finally {
      forRoom--;
    }
  }

  /**
   * Goes on sending what the lane had no room for, as long as that does not take long, rather than
   * leave it to a thread of the transport.
   */
  void push() {
    if (core.hasHandler() || driver.isOwnThread()) {
      return;
    }
    core.polls.find(lock, conversation.lane, sent);
    if (count() > 0 && core.polls.isLent()) {
      // They rely on the driver, which has left reading to us.
      driver.reclaim(core);
    }
  }

  private boolean bringsEvent() {
    return core.advanceByCaller(true) > 0;
  }

  private boolean makesRoom() {
    boolean hadOutgoing = conversation.hasOutgoing();
    // Only a change is news: one who waits for something else would never sleep.
    return core.advanceByCaller(true) > 0 || (hadOutgoing && !conversation.hasOutgoing());
  }

  private boolean sendsAll() {
    core.advanceByCaller(true);
    return !conversation.hasUnsent();
  }

  /**
   * Lets something happen: sleeps while the transport's threads work, or polls and gives others a
   * chance. The caller holds the lock once, checks its condition before and after.
   *
   * @param pauses how often the caller has paused, from 1
   */
  @SuppressWarnings("ThreadPriorityCheck") // A hint for machines with fewer cores than spinners.
  private void pause(
      Sleepers sleepers, BooleanSupplier look, long deadline, int pauses, String what)
      throws TransportException {
    try {
      if (!callerProgress && !driver.isOwnThread()) {
        sleep(sleepers, look, deadline, what);
        return;
      }
      core.advanceByCaller(true);
      if (pauses % POLLS_PER_CHECK == 0) {
        leftUntil(deadline, what);
        core.tick(System.nanoTime());
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
      if (lock.isWanted()) {
        giveWay();
      } else if (pauses % SPINS_BEFORE_YIELD == 0) {
        Thread.yield();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException(Kind.TIMEOUT, what + ": the waiting thread was interrupted", e);
    }
  }

  /** Looks for a moment, then sleeps until told. */
  private void sleep(Sleepers sleepers, BooleanSupplier look, long deadline, String what)
      throws TransportException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    leftUntil(deadline, what);
    CallerPolls polls = core.polls;
    boolean news = !core.hasHandler() && polls.find(lock, conversation.lane, look);
    core.wakeForUnsent();
    if (news) {
      return;
    }
    core.wakeDriver();
    if (polls.isLent() && driver.reclaim(core)) {
      return;
    }
    polls.sleep(sleepers, leftUntil(deadline, what));
  }

  private long leftUntil(long deadline, String what) throws TransportException {
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      String shortage = conversation.inbox.shortage();
      throw new TransportException(
          Kind.TIMEOUT,
          "%s: the deadline passed (link: %s)%s"
              .formatted(what, core.link, shortage == null ? "" : "; " + shortage));
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
}
