package io.verbena.verbs;

import io.verbena.ffi.verbs.ibv_send_wr;
import io.verbena.ffi.verbs.ibv_sge;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What send and receive batches have in common: native work requests that are built and linked once
 * and then only written over. A chain always starts in slot 0, which stays in the cache; the
 * library has copied a request when the post returns, so slots need not wait for completions.
 *
 * <pre>
 * slot:  work request (next -> slot + 1, sg_list -> elements) | elements | inline data
 * </pre>
 *
 * <p>The memory is automatic: it lives as long as this object, whatever is closed.
 */
abstract class WorkBatch extends UseGuard {
  // The first four fields of ibv_send_wr and ibv_recv_wr are the same.
  static final long WR_ID = ibv_send_wr.wr_id$offset();
  static final long NEXT = ibv_send_wr.next$offset();
  static final long SG_LIST = ibv_send_wr.sg_list$offset();
  static final long NUM_SGE = ibv_send_wr.num_sge$offset();
  static final long SGE_ADDRESS = ibv_sge.addr$offset();
  static final long SGE_LENGTH = ibv_sge.length$offset();
  static final long SGE_LKEY = ibv_sge.lkey$offset();

  /** Instead of the address of a slot: there is none. */
  static final long FULL = 0;

  /** In {@link #state}: a request found no room, so nothing of the batch will be posted. */
  static final int OVERFLOW = 1;

  /** In {@link #state}: a request names objects that the library reads while it posts. */
  static final int REFERS = 2;

  /** Slots start at a cache line each. */
  private static final long ALIGNMENT = 64;

  final ProtectionDomain domain;
  final WorkSlots ring;
  final MemorySegment slots;

  /** Elements that a request may have. */
  final int elementCount;

  /** Bytes from one slot to the next. */
  final long stride;

  /** Bytes from the start of a slot to its first element. */
  final long elements;

  /** Address of the first slot. */
  final long address;

  final MemorySegment refused = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
  final long refusedAddress = refused.address();

  /** Place of the last slot. */
  final int last;

  private final NativeObject owner;
  private int terminator;
  int size;

  /** {@link #OVERFLOW} and {@link #REFERS}: what makes posting other than usual. */
  int state;

  WorkBatch(
      NativeObject owner,
      ProtectionDomain domain,
      WorkSlots ring,
      long requestBytes,
      int elementCount,
      int inlineBytes) {
    this.owner = owner;
    this.domain = domain;
    this.ring = ring;
    this.elementCount = elementCount;
    this.elements = requestBytes;
    long bytes = requestBytes + elementCount * ibv_sge.sizeof() + inlineBytes;
    this.stride = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    int count = Math.max(1, ring.depth());
    this.slots = Arena.ofAuto().allocate(count * stride, ALIGNMENT);
    this.address = slots.address();
    this.last = count - 1;
    this.terminator = last;
    for (int i = 0; i < count; i++) {
      long slot = i * stride;
      slots.set(ValueLayout.JAVA_LONG, slot + NEXT, i == last ? 0 : address + slot + stride);
      slots.set(ValueLayout.JAVA_LONG, slot + SG_LIST, address + slot + elements);
    }
  }

  /**
   * The requests in the batch.
   *
   * @return how many {@code submit()} would post
   */
  public final int size() {
    return size;
  }

  /**
   * The room in the queue, from any thread: a snapshot. Slots come back when the completions of
   * their requests, or of later ones, are read from the {@link Completions} cursor.
   *
   * @return how many requests the batch could take if it were empty
   */
  public final int free() {
    return ring.free();
  }

  /** Drops the requests in the batch: nothing is posted. */
  public void clear() {
    size = 0;
    state = 0;
  }

  /** Whether the next request has a slot; if not, the batch as a whole will not be posted. */
  final boolean hasRoom(int place) {
    if (ring.hasRoom(place)) {
      return true;
    }
    state |= OVERFLOW;
    return false;
  }

  /**
   * The request that was added last, which is to get one more element.
   *
   * @return its offset in the slots; -1 if the batch will not be posted anyway
   */
  final long lastSlot() {
    if ((state & OVERFLOW) != 0) {
      return -1;
    }
    if (size == 0) {
      throw new IllegalStateException("append() continues a request: add one first");
    }
    return (size - 1) * stride;
  }

  /** Adds an element to a request. */
  final void appendElement(long slot, long where, int length, int lkey) {
    int count = slots.get(ValueLayout.JAVA_INT, slot + NUM_SGE);
    if (count == elementCount) {
      throw new IllegalArgumentException(
          "a request of "
              + owner.description()
              + " takes "
              + elementCount
              + (elementCount == 1 ? " element" : " elements")
              + ": ask for more when it is created");
    }
    long element = slot + elements + count * ibv_sge.sizeof();
    slots.set(ValueLayout.JAVA_LONG, element + SGE_ADDRESS, where);
    slots.set(ValueLayout.JAVA_INT, element + SGE_LENGTH, length);
    slots.set(ValueLayout.JAVA_INT, element + SGE_LKEY, lkey);
    slots.set(ValueLayout.JAVA_INT, slot + NUM_SGE, count + 1);
  }

  @Override
  IllegalStateException closed() {
    return owner.isOpen()
        ? new IllegalStateException(
            owner.description() + " is being reset: post when modify() has returned")
        : super.closed();
  }

  /** Ends the chain behind so many requests of the batch, at least 1. */
  final void terminate(int count) {
    int end = count - 1;
    if (end != terminator) {
      long old = terminator * stride;
      slots.set(ValueLayout.JAVA_LONG, old + NEXT, terminator == last ? 0 : address + old + stride);
      slots.set(ValueLayout.JAVA_LONG, end * stride + NEXT, 0);
      terminator = end;
    }
  }

  /** What is in a batch that was begun before a reset does not hold any more. */
  @Override
  final void reopened() {
    if (size > 0 && !ring.isCurrent(slots.get(ValueLayout.JAVA_LONG, WR_ID))) {
      clear();
      throw new IllegalStateException(
          owner.description()
              + " was reset after the batch was begun: nothing was posted, and the batch was"
              + " dropped; build it again");
    }
  }

  /**
   * The place of the request that the device refused; those before it were posted.
   *
   * @return negative if the device names none
   */
  final int refusedPlace(int count) {
    long distance = refused.get(ValueLayout.JAVA_LONG, 0) - address;
    refused.set(ValueLayout.JAVA_LONG, 0, 0);
    return distance >= 0 && distance % stride == 0 && distance / stride < count
        ? (int) (distance / stride)
        : -1;
  }

  /**
   * The device says no, but not to which request: it may have them all, and carry them out later,
   * so that their slots stay taken.
   */
  final VerbsException refusedUnnamed(String verb, int count, int result) {
    return VerbsException.of(
        verb,
        "a batch of "
            + count
            + " of "
            + owner.description()
            + ", of which the device may have kept some: reset the queue pair or make a new one",
        Math.abs(result));
  }

  /** Takes back what was not posted, and says which request it was. */
  final VerbsException refused(String verb, int count, int index, int result) {
    ring.retreat(count - index);
    String request =
        WorkRing.kind(slots.get(ValueLayout.JAVA_LONG, index * stride + WR_ID))
            + " with id "
            + ring.id(0)
            + ", request "
            + index
            + " of a batch of "
            + count
            + " counted from 0, "
            + owner.description();
    return VerbsException.of(verb, request, Math.abs(result));
  }
}
