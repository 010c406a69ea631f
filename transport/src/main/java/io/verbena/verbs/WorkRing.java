package io.verbena.verbs;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The outstanding requests of one send or receive queue: how many slots are taken, and which id the
 * caller gave to each. One thread posts, one thread (perhaps another) completes.
 *
 * <p>The device gets a request id of our own, because a completion must say without a look-up which
 * slots it frees, and because a failed completion has no valid opcode:
 *
 * <pre>
 * 63      48 47                   6    5      4     3      0
 * |   tag   |  sequence (42 bits)  | recv | quiet | opcode |
 * </pre>
 *
 * <p>Requests of a queue complete in order: the completion of one frees all before it, which is how
 * unsignaled requests are freed. <em>quiet</em> marks a request that the caller did not want
 * signaled and that was signaled all the same, so that slots come back. The tag differs between the
 * queue pairs of a context: a completion that an earlier queue pair of the same number left behind
 * is told from ours.
 */
final class WorkRing extends WorkSlots {
  static final long RECEIVE = 1 << 5;
  static final long QUIET = 1 << 4;

  private static final int OPCODE_MASK = 0xf;
  private static final int SEQUENCE_SHIFT = 6;
  private static final long SEQUENCE_MASK = (1L << 42) - 1;
  private static final int TAG_SHIFT = 48;

  private static final VarHandle HEAD;
  private static final VarHandle TAIL;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      HEAD = lookup.findVarHandle(WorkRing.class, "head", long.class);
      TAIL = lookup.findVarHandle(WorkRing.class, "tail", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int depth;
  private final long[] ids;
  private long tag;

  /** Requests ever posted; written by the posting thread. */
  private long head;

  /** What the posting thread last saw of {@link #tail}. */
  private long seenTail;

  /**
   * Requests ever completed, but for what a reset has ended, see {@link #completed}; written by the
   * completing thread, which does not wait for a reset: so nobody else writes it.
   */
  private long tail;

  private long completedId;

  /**
   * The first request that has failed since the last reset: all later ones fail, too. Below {@link
   * #resetEnd} it is one from before that, and does not count. Written by the completing thread
   * only, so that a reset beside it cannot lose a failure, nor take on one from before.
   */
  private volatile long failedStart = -1;

  /** What failed before a reset, or was dropped by it; written before {@link #resetEnd}. */
  private volatile RequestRanges lost = RequestRanges.NONE;

  /** The last reset ended all requests up to here. */
  private volatile long resetEnd;

  /** Slots that completions from before a reset need, until those are out of the queue. */
  private record Withheld(int count, CompletionRoom room, long mark) {}

  private volatile @Nullable Withheld withheld;

  /** The depth, or less while slots are withheld. */
  private int limit;

  WorkRing(int depth, int tag) {
    this.depth = depth;
    this.limit = depth;
    this.ids = new long[Integer.highestOneBit(Math.max(1, 2 * depth - 1))];
    this.tag = (long) tag << TAG_SHIFT;
  }

  @Override
  int depth() {
    return depth;
  }

  @Override
  boolean hasRoom(int pending) {
    long end = head + pending;
    if (end - seenTail < limit) {
      return true;
    }
    // In this order: who sees what a reset has freed also sees what it has withheld.
    seenTail = completed();
    limit = depth - withheld();
    return end - seenTail < limit;
  }

  private int withheld() {
    Withheld present = withheld;
    return present == null || present.room.isGone(present.mark) ? 0 : present.count;
  }

  @Override
  int free() {
    int taken = outstanding();
    return depth - taken - withheld();
  }

  @Override
  boolean isCurrent(long workId) {
    return (workId ^ tag) >>> TAG_SHIFT == 0;
  }

  @Override
  int outstanding() {
    long completed = completed();
    return (int) ((long) HEAD.getAcquire(this) - completed);
  }

  private long completed() {
    return Math.max((long) TAIL.getAcquire(this), resetEnd);
  }

  @Override
  long assign(int pending, long id, long bits) {
    long sequence = head + pending;
    ids[(int) sequence & ids.length - 1] = id;
    return tag | (sequence & SEQUENCE_MASK) << SEQUENCE_SHIFT | bits;
  }

  @Override
  long id(int pending) {
    return ids[(int) (head + pending) & ids.length - 1];
  }

  @Override
  void advance(int count) {
    HEAD.setRelease(this, head + count);
  }

  @Override
  void retreat(int count) {
    HEAD.setRelease(this, head - count);
  }

  /**
   * Completing thread: frees the slots up to this request; {@link #completedId} is its id then.
   *
   * @return false if the completion is none of ours: left over from another queue pair, or from
   *     before a reset
   */
  boolean complete(long workId) {
    long sequence = sequence(workId);
    if (sequence < 0) {
      return false;
    }
    long found = ids[(int) sequence & ids.length - 1];
    // After a reset the slot may have another's id already: then the tag has changed before.
    VarHandle.loadLoadFence();
    if (!isCurrent(workId)) {
      return false;
    }
    completedId = found;
    TAIL.setRelease(this, sequence + 1);
    return true;
  }

  /** {@link #complete} for a request that failed. */
  boolean completeFailed(long workId) {
    long sequence = sequence(workId);
    if (sequence >= 0) {
      // Before its slot is free, so that nobody takes it for a success in between.
      long end = resetEnd;
      if (sequence >= end && failedStart < end) {
        failedStart = sequence;
      }
    }
    return complete(workId);
  }

  /** The number of an outstanding request; negative if it is none. */
  private long sequence(long workId) {
    if ((workId ^ tag) >>> TAG_SHIFT != 0) {
      return -1;
    }
    long completed = tail;
    long sequence = completed + ((workId >>> SEQUENCE_SHIFT) - completed & SEQUENCE_MASK);
    return sequence < (long) HEAD.getAcquire(this) ? sequence : -1;
  }

  /** Posting thread: the number of the request that is posted next. */
  long nextSequence() {
    return head;
  }

  /** Whether a request is certain to have been carried out; does not always know after failures. */
  boolean hasSucceeded(long sequence) {
    return sequence < completed() && isSound(sequence);
  }

  /** Whether a request is over, and not certain to have been carried out. */
  boolean mayHaveFailed(long sequence) {
    return sequence < completed() && !isSound(sequence);
  }

  /** Of a request that is over. */
  private boolean isSound(long sequence) {
    // In this order: what does not count any more because of a reset is in the ranges then.
    long end = resetEnd;
    long failed = failedStart;
    return (failed < end || sequence < failed) && !lost.contains(sequence);
  }

  /** Completing thread: the caller's id of the request that {@link #complete} freed. */
  long completedId() {
    return completedId;
  }

  /** A work id of {@link #assign} for another kind of request. */
  static long withKind(long workId, int opcode) {
    return (workId & ~OPCODE_MASK) | opcode;
  }

  /**
   * The queue pair was reset: nothing is outstanding, and what still arrives is stale. It stays in
   * the completion queue until somebody polls: if that has no room for it besides a full depth of
   * new requests, so many slots are withheld until then. With the context's lock, and while nobody
   * posts.
   *
   * @param room of the completion queue
   */
  void reset(int newTag, CompletionRoom room) {
    int stale = outstanding();
    long mark = room.leave(stale);
    if (room.needed() > room.capacity()) {
      int count = withheld() + stale;
      withheld = count == 0 ? null : new Withheld(count, room, mark);
    }
    long end = (long) HEAD.getAcquire(this);
    // After the count: a failure is noted before its slot is free, so it is in one of the two.
    long failed = failedStart;
    lost = lost.with(failed < resetEnd ? end - stale : Math.min(failed, end - stale), end);
    tag = (long) newTag << TAG_SHIFT;
    resetEnd = end;
  }

  static WorkKind kind(long workId) {
    if ((workId & RECEIVE) != 0) {
      return WorkKind.RECEIVE;
    }
    return switch ((int) workId & OPCODE_MASK) {
      case Abi.WR_WRITE, Abi.WR_WRITE_IMMEDIATE -> WorkKind.WRITE;
      case Abi.WR_READ -> WorkKind.READ;
      case Abi.WR_COMPARE_AND_SWAP -> WorkKind.COMPARE_AND_SWAP;
      case Abi.WR_FETCH_AND_ADD -> WorkKind.FETCH_AND_ADD;
      case Abi.WR_BIND_WINDOW -> WorkKind.BIND_WINDOW;
      case Abi.WR_INVALIDATE -> WorkKind.INVALIDATE;
      default -> WorkKind.SEND;
    };
  }
}
