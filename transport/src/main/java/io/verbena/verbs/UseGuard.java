package io.verbena.verbs;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets one thread call native code on an object again and again while any other thread may close
 * the object at any time: the native memory is never freed under a running call. Neither a lock nor
 * an atomic instruction would fit the cost of a few nanoseconds that a poll or a post may have, so
 * all of it is on the side that closes.
 *
 * <p>The thread that calls sets {@code inUse}, <em>then</em> reads the state, calls if it is open,
 * and clears {@code inUse}. The thread that closes sets the state, <em>then</em> waits until {@code
 * inUse} is clear, and frees. Written like that this is wrong: a processor may let the read of the
 * state overtake the write of {@code inUse}, so that neither side sees the other. A full fence
 * between the two would mend it and cost as much as the call itself. Instead, the closing thread
 * takes every Java thread through a handshake between its own two steps. For a calling thread the
 * handshake happens at one point of its program:
 *
 * <ul>
 *   <li>before it reads the state: then it reads that it is closed and does not call;
 *   <li>after it has read the state: then its write of {@code inUse}, which comes earlier in the
 *       program, is visible to the closing thread, which waits.
 * </ul>
 *
 * <p>That takes two things for granted. The compiler must not move the two accesses across each
 * other or across a safepoint poll: they are opaque, and nothing is between them. And the handshake
 * must order the memory of both threads: it does, whether the thread takes part itself, or is in
 * native code (then it published {@code inUse} when it left Java, and cannot come back unnoticed).
 * A critical call has no such transition: the handshake just waits for it to end.
 *
 * <p>Java has no public method for a handshake of all threads, but closing a shared arena is
 * specified to be seen by all of them at once, and does one.
 *
 * <p>A second thread that uses the object at the same time is found by {@code inUse} too, though
 * not always: two threads can pass the check at the same moment. That is a caller's mistake which
 * documentation forbids; here it is only reported as far as it costs nothing.
 *
 * <p>What stayed in use would keep who closes it waiting for ever, so nothing may be thrown after
 * {@code inUse} is set but by what is called, behind which {@link #exit} follows. A stack that
 * overflows does not do it either: until code is compiled the accesses are calls, but the first of
 * them, which changes nothing, goes as deep as any later one, those of {@code exit} included.
 */
abstract class UseGuard {
  /** A call without system call is over in this many looks; the others take a few pauses. */
  private static final int SPINS = 1000;

  private static final long PAUSE_NANOS = 20_000;

  private static final VarHandle IN_USE;
  private static final VarHandle STATE;

  private static final int OPEN = 0;
  private static final int PAUSED = 1;
  private static final int CLOSED = 2;

  /** Open, and the next call must do what {@link #reopened} wants. */
  private static final int REOPENED = 3;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      IN_USE = lookup.findVarHandle(UseGuard.class, "inUse", boolean.class);
      STATE = lookup.findVarHandle(UseGuard.class, "guardState", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // through IN_USE
  private boolean inUse;

  @SuppressWarnings("unused") // through STATE
  private int guardState;

  /**
   * Begins a native call; {@link #exit} must follow, whatever happens.
   *
   * @throws IllegalStateException if the object is closed, or in use by another thread
   */
  final void enter() {
    if ((boolean) IN_USE.getOpaque(this)) {
      throw inUseElsewhere();
    }
    IN_USE.setOpaque(this, true);
    if ((int) STATE.getOpaque(this) != OPEN) {
      enterAfterChange();
    }
  }

  /**
   * Begins a native call as {@link #enter} does, but two threads never both do: for calls beside
   * which an atomic instruction costs nothing, or which must not meet.
   *
   * @throws IllegalStateException if the object is closed, or in use by another thread
   */
  final void enterAlone() {
    if (!IN_USE.compareAndSet(this, false, true)) {
      throw inUseElsewhere();
    }
    if ((int) STATE.getOpaque(this) != OPEN) {
      enterAfterChange();
    }
  }

  /** Until a pause is over, this counts as not in use; then it is tried anew. */
  private void enterAfterChange() {
    while (!STATE.compareAndSet(this, REOPENED, OPEN)) {
      IN_USE.setOpaque(this, false);
      awaitResumed();
      if (!IN_USE.compareAndSet(this, false, true)) {
        throw inUseElsewhere();
      }
      if ((int) STATE.getOpaque(this) == OPEN) {
        return;
      }
    }
    boolean fine = false;
    try {
      reopened();
      fine = true;
    } finally {
      if (!fine) {
        exit();
      }
    }
  }

  /**
   * The first call after {@link #reopen} is about to begin: what was prepared before may not hold
   * any more. What this throws ends the call.
   */
  void reopened() {}

  /**
   * Returns when no pause is on.
   *
   * @throws IllegalStateException if the object is closed, before or meanwhile
   */
  final void awaitResumed() {
    while (true) {
      int now = (int) STATE.getAcquire(this);
      if (now == OPEN || now == REOPENED) {
        return;
      }
      if (now == CLOSED) {
        throw closed();
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Ends a native call. */
  final void exit() {
    // Release: whoever sees that the call is over also sees what it did.
    IN_USE.setRelease(this, false);
  }

  final boolean isClosed() {
    return (int) STATE.getAcquire(this) == CLOSED;
  }

  /**
   * Says no to calls from now on; {@link #awaitIdle} then waits for the one that may be running.
   */
  final void shut() {
    STATE.setVolatile(this, CLOSED);
  }

  /**
   * Lets calls wait from now on, until {@link #reopen} or {@link #shut}; {@link #awaitIdle} then
   * waits for the one that may be running. It must be over soon: who waits cannot be interrupted.
   */
  final void pause() {
    STATE.setVolatile(this, PAUSED);
  }

  /**
   * Returns when no call is running.
   *
   * @param guards have all been shut or paused; the handshake is the same for all
   */
  static void awaitIdle(UseGuard... guards) {
    if (guards.length == 0) {
      return;
    }
    handshake();
    for (UseGuard guard : guards) {
      // What enter() and exit() surround ends soon, by itself or because close() wakes it up.
      for (int spins = 0; (boolean) IN_USE.getVolatile(guard); spins++) {
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    }
  }

  /** Takes back {@link #shut} or {@link #pause}. */
  final void reopen() {
    STATE.setVolatile(this, REOPENED);
  }

  /** Every Java thread passes a point at which its memory is in order before this returns. */
  private static void handshake() {
    try (Arena _ = Arena.ofShared()) {
      // Nothing to do with it: closing is the point.
    }
  }

  /** What this is, for messages: starts with "the". */
  abstract String description();

  IllegalStateException closed() {
    return new IllegalStateException(
        description() + " is closed: do not use it after close(), its own or its parent's");
  }

  private IllegalStateException inUseElsewhere() {
    return new IllegalStateException(
        description()
            + " is in use by another thread: let one thread at a time use it, or give each thread"
            + " its own");
  }
}
