package io.verbena.verbs;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The outstanding receives of a shared receive queue. They complete in any order and on any number
 * of completion queues at a time, so the free slots stand in a ring: the posting thread takes them
 * from one end, whoever completes puts them back at the other.
 *
 * <pre>
 * request id   63      48 47                   6    5      4   3      0
 *              |   tag   |         slot         | recv |   0   |  0001  |
 * </pre>
 */
final class SharedSlots extends WorkSlots {
  /** What tells these request ids from those of a {@link WorkRing}. */
  static final long BITS = WorkRing.RECEIVE | 1;

  private static final int SLOT_SHIFT = 6;
  private static final long SLOT_MASK = (1L << 42) - 1;
  private static final int TAG_SHIFT = 48;

  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
  private static final VarHandle RETURNED;

  static {
    try {
      RETURNED = MethodHandles.lookup().findVarHandle(SharedSlots.class, "returned", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int depth;
  private final int tag;
  private final long[] ids;

  /** 1 for the slots that the device has. */
  private final int[] posted;

  /** Free slots plus 1, from {@link #taken} to {@link #returned}; 0 is none yet. */
  private final int[] ring;

  /** The slots of the batch, in order: to put them back if the device refuses. */
  private final int[] batch;

  /** Slots ever taken from the ring; written by the posting thread. */
  private volatile int taken;

  private int lastCount;

  /** Slots ever put back into the ring. */
  @SuppressWarnings("unused") // through RETURNED
  private volatile int returned;

  SharedSlots(int depth, int tag) {
    this.depth = depth;
    this.tag = tag;
    this.ids = new long[depth];
    this.posted = new int[depth];
    this.batch = new int[depth];
    this.ring = new int[Integer.highestOneBit(Math.max(1, 2 * depth - 1))];
    for (int slot = 0; slot < depth; slot++) {
      ring[slot] = slot + 1;
    }
    RETURNED.setVolatile(this, depth);
  }

  static boolean owns(long workId) {
    return (workId & BITS) == BITS;
  }

  static int tag(long workId) {
    return (int) (workId >>> TAG_SHIFT);
  }

  int tag() {
    return tag;
  }

  @Override
  boolean hasRoom(int pending) {
    return pending < depth && at(pending) != 0;
  }

  private int at(int pending) {
    return (int) INTS.getAcquire(ring, taken + pending & ring.length - 1);
  }

  @Override
  long assign(int pending, long id, long bits) {
    int slot = at(pending) - 1;
    ids[slot] = id;
    batch[pending] = slot;
    return (long) tag << TAG_SHIFT | (long) slot << SLOT_SHIFT | BITS;
  }

  @Override
  boolean isCurrent(long workId) {
    return true;
  }

  @Override
  long id(int pending) {
    return ids[at(pending) - 1];
  }

  @Override
  void advance(int count) {
    int first = taken;
    for (int i = 0; i < count; i++) {
      INTS.setOpaque(ring, first + i & ring.length - 1, 0);
      INTS.setRelease(posted, batch[i], 1);
    }
    lastCount = count;
    taken = first + count;
  }

  @Override
  void retreat(int count) {
    int first = taken - count;
    for (int i = 0; i < count; i++) {
      int slot = batch[lastCount - count + i];
      INTS.setRelease(posted, slot, 0);
      INTS.setRelease(ring, first + i & ring.length - 1, slot + 1);
    }
    taken = first;
  }

  /**
   * Any completing thread: whether the device had this slot; if so, it belongs to the caller until
   * {@link #giveBack}.
   */
  boolean complete(long workId) {
    long slot = workId >>> SLOT_SHIFT & SLOT_MASK;
    return tag(workId) == tag && slot < depth && (int) INTS.getAndSet(posted, (int) slot, 0) == 1;
  }

  /** The caller's id of a completed receive. */
  long id(long workId) {
    return ids[(int) (workId >>> SLOT_SHIFT & SLOT_MASK)];
  }

  /** The completed slot may be posted again. */
  void giveBack(long workId) {
    int place = (int) RETURNED.getAndAdd(this, 1);
    INTS.setRelease(ring, place & ring.length - 1, (int) (workId >>> SLOT_SHIFT & SLOT_MASK) + 1);
  }

  @Override
  int depth() {
    return depth;
  }

  @Override
  int outstanding() {
    int put = (int) RETURNED.getVolatile(this);
    return depth - (put - taken);
  }
}
