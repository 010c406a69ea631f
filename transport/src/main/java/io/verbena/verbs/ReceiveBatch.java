package io.verbena.verbs;

import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.ibv_recv_wr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Builds receives for a {@link QueuePair} or a {@link SharedReceiveQueue} and posts them together;
 * stands for {@code ibv_post_recv} and {@code ibv_post_srq_recv}, see their man pages. Belongs to
 * the queue and is used over and over; nothing is allocated.
 *
 * <p>Each message of the peer's sends fills one receive, in the order in which they were posted; it
 * must be at least as long as the message, and for a datagram {@link
 * Completions#ROUTE_HEADER_BYTES} longer. Receives may be posted as soon as the queue pair is in
 * {@link QueuePairState#INIT}, and should be before the peer sends.
 *
 * <p>A region must stay open until the receive is done. A receive with a wrong argument throws
 * {@code IllegalArgumentException} and is not added; what was added before stays: {@link #clear}
 * drops it.
 *
 * <p>Threads: one at a time, which need not be the one that polls the completions; {@link #free}
 * may be called from any thread.
 */
public final class ReceiveBatch extends WorkBatch {
  private final NativeObject queue;
  private final String verb;
  private final MemorySegment function;
  private final long queueAddress;
  private final boolean critical;

  ReceiveBatch(QueuePair pair, WorkRing ring, int elementCount) {
    super(pair, pair.domain(), ring, ibv_recv_wr.sizeof(), elementCount, 0);
    Context context = pair.domain().context();
    this.queue = pair;
    this.verb = "ibv_post_recv";
    this.function = InlineVerbs.postRecv(context.handle);
    this.queueAddress = pair.handle.address();
    this.critical = context.traits().criticalReceive();
  }

  ReceiveBatch(SharedReceiveQueue shared, SharedSlots ring, int elementCount) {
    super(shared, shared.domain(), ring, ibv_recv_wr.sizeof(), elementCount, 0);
    Context context = shared.domain().context();
    this.queue = shared;
    this.verb = "ibv_post_srq_recv";
    this.function = InlineVerbs.postSrqRecv(context.handle);
    this.queueAddress = shared.handle.address();
    this.critical = context.traits().criticalReceive();
  }

  /**
   * Adds a receive.
   *
   * @param id comes back with the completion
   * @param region where the message goes: needs {@link Access#LOCAL_WRITE}
   * @param offset the first byte in the region
   * @param length the room for the message, in bytes, at least 0
   * @return this batch
   * @throws IllegalArgumentException if the bytes are outside of the region, or the region is of
   *     another domain or may not be written
   * @throws IllegalStateException if the region is closed
   */
  public ReceiveBatch receive(long id, MemoryRegion region, long offset, int length) {
    region.checkWritable(domain, offset, length);
    if (!hasRoom(size)) {
      return this;
    }
    MemorySegment memory = slots;
    long slot = size * stride;
    long element = slot + elements;
    memory.set(ValueLayout.JAVA_LONG, slot + WR_ID, ring.assign(size, id, WorkRing.RECEIVE));
    memory.set(ValueLayout.JAVA_INT, slot + NUM_SGE, length == 0 ? 0 : 1);
    memory.set(ValueLayout.JAVA_LONG, element + SGE_ADDRESS, region.address() + offset);
    memory.set(ValueLayout.JAVA_INT, element + SGE_LENGTH, length);
    memory.set(ValueLayout.JAVA_INT, element + SGE_LKEY, region.lkey());
    size++;
    return this;
  }

  /**
   * Gives the receive that was added last more room, behind what it has: the message is scattered
   * over the pieces in order.
   *
   * @param region where the bytes go: needs {@link Access#LOCAL_WRITE}
   * @param offset the first byte in the region
   * @param length the room, in bytes, at least 0
   * @return this batch
   * @throws IllegalArgumentException if the receive has as many elements as were asked for at
   *     creation; if the bytes are outside of the region, or the region is of another domain or may
   *     not be written
   * @throws IllegalStateException if the batch is empty, or the region is closed
   */
  public ReceiveBatch append(MemoryRegion region, long offset, int length) {
    region.checkWritable(domain, offset, length);
    long slot = lastSlot();
    if (slot >= 0 && length > 0) {
      appendElement(slot, region.address() + offset, length, region.lkey());
    }
    return this;
  }

  /**
   * Posts the batch; it is empty afterwards.
   *
   * @return false if the queue has no room for all of it: nothing of the batch was posted, and it
   *     was dropped
   * @throws VerbsException if the device refuses a receive: names it; those before it were posted,
   *     the others were dropped
   * @throws IllegalStateException if the queue is closed, or another thread is posting
   */
  public boolean submit() throws VerbsException {
    int count = size;
    if (state != 0) {
      clear();
      return false;
    }
    if (count == 0) {
      return true;
    }
    enter();
    int result;
    try {
      terminate(count);
      ring.advance(count);
      result =
          critical
              ? InlineVerbs.postRecvCritical(function, queueAddress, address, refusedAddress)
              : InlineVerbs.postRecv(function, queueAddress, address, refusedAddress);
    } finally {
      exit();
    }
    size = 0;
    if (result != 0) {
      // Who refuses without a name, because of the state, has taken none.
      throw refused(verb, count, Math.max(0, refusedPlace(count)), result);
    }
    return true;
  }

  @Override
  String description() {
    return "the receives of " + queue.description();
  }
}
