package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_srq_attr;
import io.verbena.ffi.verbs.ibv_srq_init_attr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receives that any number of queue pairs take from: a server with thousands of connections needs
 * memory for the messages that are on their way, not for each connection; stands for {@code struct
 * ibv_srq}, see {@code man ibv_create_srq}.
 *
 * {@snippet :
 * SharedReceiveQueue shared = domain.createSharedReceiveQueue(1024, 1);
 * QueuePair pair = domain.createQueuePair(
 *     QueuePairConfig.reliable(queue).withSharedReceiveQueue(shared));
 * shared.receives().receive(1, region, 0, 4096).submit();
 * }
 *
 * <p>A receive completes on the completion queue of the queue pair whose message filled it, so each
 * of those must have room for all receives of this queue; that is counted once for each.
 *
 * <p>Slots come back with the completions. Some adapters throw away the completions of a queue pair
 * that is closed or reset: move such a queue pair to {@link QueuePairState#ERR} first and read its
 * completions, else the slots of messages that it had received, and nobody had polled yet, are
 * missing from then on.
 *
 * <p>Threads: any; {@link #receives} serves one thread at a time. Ownership: by its {@link
 * ProtectionDomain}; closing it closes the queue pairs that take from it.
 */
public final class SharedReceiveQueue extends NativeObject {
  private final ProtectionDomain domain;
  private final SharedSlots slots;
  private final ReceiveBatch receives;
  private final List<CompletionQueue> completionQueues = new ArrayList<>();

  private SharedReceiveQueue(
      ProtectionDomain domain, MemorySegment handle, int depth, int elements) {
    super(handle, domain);
    this.domain = domain;
    this.slots = new SharedSlots(depth, domain.context().nextSharedTag());
    this.receives = new ReceiveBatch(this, slots, elements);
  }

  /** With the lock. */
  static SharedReceiveQueue create(ProtectionDomain domain, int depth, int elements)
      throws VerbsException {
    if (depth < 1 || elements < 1) {
      throw new IllegalArgumentException(
          "a shared receive queue needs a depth and elements of at least 1, not "
              + depth
              + " and "
              + elements);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = ibv_srq_init_attr.allocate(arena);
      MemorySegment attr = ibv_srq_init_attr.attr(attributes);
      ibv_srq_attr.max_wr(attr, depth);
      ibv_srq_attr.max_sge(attr, elements);
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment handle = ErrnoCalls.createSrq(capture, domain.handle, attributes);
      if (handle.address() == 0) {
        throw VerbsException.of(
            "ibv_create_srq",
            "depth=" + depth + ", elements=" + elements,
            ErrnoCalls.errno(capture));
      }
      SharedReceiveQueue queue = null;
      try {
        queue = new SharedReceiveQueue(domain, handle, depth, elements);
        return queue;
      } finally {
        if (queue == null) {
          Verbs.ibv_destroy_srq(handle);
        }
      }
    }
  }

  /**
   * The domain whose memory the receives go to.
   *
   * @return the owner
   */
  public ProtectionDomain domain() {
    return domain;
  }

  /**
   * The receives that may be outstanding.
   *
   * @return as many as were asked for, even if the device has room for more
   */
  public int depth() {
    return slots.depth();
  }

  /**
   * Posts receives.
   *
   * @return the queue's one batch
   */
  public ReceiveBatch receives() {
    return receives;
  }

  /**
   * Asks for one asynchronous event when fewer receives than this are left in the queue: time to
   * post more. It must be asked for again after each event. See {@code man ibv_modify_srq}.
   *
   * @param limit receives, 1 to the depth; 0 for no event
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if the limit is out of range
   * @throws IllegalStateException if the queue is closed
   */
  public void arm(int limit) throws VerbsException {
    if (limit < 0 || limit > depth()) {
      throw new IllegalArgumentException(
          "the limit must be between 0 and the depth of " + depth() + ", not " + limit);
    }
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requireOpen();
      MemorySegment attr = ibv_srq_attr.allocate(arena);
      ibv_srq_attr.srq_limit(attr, limit);
      int result = Verbs.ibv_modify_srq(handle, attr, Verbs.IBV_SRQ_LIMIT());
      if (result != 0) {
        throw VerbsException.of("ibv_modify_srq", "limit=" + limit, Math.abs(result));
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The state, asked of the device; see {@code man ibv_query_srq}.
   *
   * @return a snapshot
   * @throws VerbsException if the device does not answer
   * @throws IllegalStateException if the queue is closed
   */
  public SharedReceiveQueueAttributes attributes() throws VerbsException {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requireOpen();
      MemorySegment attr = ibv_srq_attr.allocate(arena);
      int result = Verbs.ibv_query_srq(handle, attr);
      if (result != 0) {
        throw VerbsException.of("ibv_query_srq", description(), Math.abs(result));
      }
      return new SharedReceiveQueueAttributes(
          ibv_srq_attr.max_wr(attr), ibv_srq_attr.max_sge(attr), ibv_srq_attr.srq_limit(attr));
    } finally {
      lock.unlock();
    }
  }

  SharedSlots slots() {
    return slots;
  }

  /**
   * Receives may complete there from now on; with the lock.
   *
   * @return false if they may already
   */
  boolean completesOn(CompletionQueue queue) {
    if (completionQueues.contains(queue)) {
      return false;
    }
    queue.sources().attach(this);
    completionQueues.add(queue);
    return true;
  }

  /** Takes {@link #completesOn} back, before anything completed there; with the lock. */
  void neverCompletedOn(CompletionQueue queue) {
    queue.sources().release(this);
    completionQueues.remove(queue);
  }

  /** The completion queue is closed; with the lock. */
  void forget(CompletionQueue queue) {
    completionQueues.remove(queue);
  }

  @Override
  UseGuard[] guards() {
    return new UseGuard[] {receives};
  }

  @Override
  @Nullable VerbsException destroy() {
    VerbsException failure = destroyed("ibv_destroy_srq", Verbs.ibv_destroy_srq(handle));
    if (failure == null) {
      completionQueues.forEach(queue -> queue.sources().detach(this));
    }
    return failure;
  }

  @Override
  String description() {
    return "the shared receive queue of "
        + depth()
        + " receives on "
        + domain.context().device().name();
  }
}
