package io.verbena.verbs;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

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

  /** Requests ever completed; written by the completing thread. */
  private long tail;

  private long completedId;

  WorkRing(int depth, int tag) {
    this.depth = depth;
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
    if (end - seenTail < depth) {
      return true;
    }
    seenTail = (long) TAIL.getAcquire(this);
    return end - seenTail < depth;
  }

  @Override
  int outstanding() {
    long completed = (long) TAIL.getAcquire(this);
    return (int) ((long) HEAD.getAcquire(this) - completed);
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
    if ((workId ^ tag) >>> TAG_SHIFT != 0) {
      return false;
    }
    long completed = tail;
    long sequence = completed + ((workId >>> SEQUENCE_SHIFT) - completed & SEQUENCE_MASK);
    if (sequence >= (long) HEAD.getAcquire(this)) {
      return false;
    }
    completedId = ids[(int) sequence & ids.length - 1];
    TAIL.setRelease(this, sequence + 1);
    return true;
  }

  /** Completing thread: the caller's id of the request that {@link #complete} freed. */
  long completedId() {
    return completedId;
  }

  /** The queue pair was reset: nothing is outstanding, and what still arrives is stale. */
  void reset(int newTag) {
    tag = (long) newTag << TAG_SHIFT;
    TAIL.setRelease(this, (long) HEAD.getAcquire(this));
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
