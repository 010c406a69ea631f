package io.verbena.verbs;

import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_srq_attr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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
 * <p>The shared receive queue of an {@link XrcDomain} is for that domain's queue pairs only, and
 * has a completion queue of its own: the two are closed together, because what nobody has read
 * there names a queue that the library would look for.
 *
 * <p>Threads: any; {@link #receives} serves one thread at a time. Ownership: by its {@link
 * ProtectionDomain}; closing it closes the queue pairs that take from it.
 */
public final class SharedReceiveQueue extends NativeObject {
  /** What the queue of an XRC domain has besides. */
  record Xrc(XrcDomain domain, CompletionQueue queue, int number) {}

  private final ProtectionDomain domain;
  private final @Nullable Xrc xrc;
  private final SharedSlots slots;
  private final ReceiveBatch receives;
  private final List<CompletionQueue> completionQueues = new ArrayList<>();

  /** Made by {@link SharedReceiveQueueCreation}. */
  SharedReceiveQueue(
      ProtectionDomain domain, MemorySegment handle, int depth, int elements, @Nullable Xrc xrc) {
    super(
        handle,
        xrc == null
            ? new NativeObject[] {domain}
            : new NativeObject[] {domain, xrc.domain, xrc.queue});
    this.domain = domain;
    this.xrc = xrc;
    this.slots = new SharedSlots(depth, domain.context().nextSharedTag());
    this.receives = new ReceiveBatch(this, slots, elements);
    domain.context().addresses().opened(this);
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
   * By what peers name the queue, see {@link SendBatch#toShared} and {@code man ibv_get_srq_num}.
   *
   * @return 24 bits
   * @throws IllegalStateException if it was not created for an {@link XrcDomain}
   */
  public int number() {
    Xrc present = xrc;
    if (present == null) {
      throw new IllegalStateException(
          description() + " has no number: peers reach it by the queue pairs that take from it");
    }
    return present.number;
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

  boolean isXrc() {
    return xrc != null;
  }

  /** Where its receives may complete; with the lock. */
  Stream<CompletionQueue> completionQueues() {
    return completionQueues.stream();
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
    // Who polls looks for this in what the device reports: nobody does while it goes, or after.
    return xrc == null ? new UseGuard[] {receives} : new UseGuard[] {receives, xrc.queue};
  }

  @Override
  void wakeSleepers() {
    if (xrc != null) {
      xrc.queue.wakeup();
    }
  }

  @Override
  void afterDestroy(List<VerbsException> failures) {
    if (xrc != null) {
      xrc.queue.release(failures);
    }
  }

  @Override
  @Nullable VerbsException destroy() {
    VerbsException failure = destroyed("ibv_destroy_srq", Verbs.ibv_destroy_srq(handle));
    if (failure == null) {
      domain.context().addresses().closed(this);
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
