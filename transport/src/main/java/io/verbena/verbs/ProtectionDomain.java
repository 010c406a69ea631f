package io.verbena.verbs;

import io.verbena.cause.Cause;
import io.verbena.ffi.ArenaHold;
import io.verbena.ffi.HoldableArena;
import io.verbena.ffi.MappedMemory;
import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.verbs.Verbs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What may work together: a queue pair reaches the memory regions of its own domain only; stands
 * for {@code struct ibv_pd}, see {@code man ibv_alloc_pd}. Use one per trust domain.
 *
 * <p>Threads: any. Ownership: by its {@link Context}; owns regions, queue pairs and address
 * handles.
 */
public final class ProtectionDomain extends NativeObject {
  private final Context context;

  /** Held while the bindings of memory windows are looked at and changed by a post. */
  private final Object windows = new Object();

  ProtectionDomain(Context context, MemorySegment handle) {
    super(handle, context);
    this.context = context;
  }

  /**
   * The device that the domain is on.
   *
   * @return the owner
   */
  public Context context() {
    return context;
  }

  /**
   * Allocates and registers memory: zeroed, starting at a page, not on the Java heap. Registering
   * takes 50 us and more: allocate big and divide.
   *
   * @param bytes the size, at least 1
   * @param rights what it may be used for; none is enough to send from
   * @return a region to close after use
   * @throws VerbsException if the device or the limit of locked memory refuses
   * @throws IllegalArgumentException if the size is not positive, or the rights contradict
   * @throws IllegalStateException if the domain is closed
   */
  @SuppressWarnings("MustBeClosedChecker") // the region closes it
  public MemoryRegion allocate(long bytes, Access... rights) throws VerbsException {
    if (bytes <= 0) {
      throw new IllegalArgumentException("a region has at least 1 byte, not " + bytes);
    }
    HoldableArena arena = HoldableArena.open();
    MemoryRegion region = null;
    lock.lock();
    try {
      requireOpen();
      int flags = Registration.flags(context, List.of(rights));
      MemorySegment memory = MappedMemory.map(bytes, 0, arena);
      if (memory == null) {
        throw VerbsException.of(
            "mmap", "length=" + bytes, LibC.ENOMEM(), Cause.ADDRESS_SPACE.cure());
      }
      MemorySegment registered = Registration.register(this, memory, flags, List.of(rights));
      region =
          adopt(
              new MemoryRegion(
                  this,
                  registered,
                  memory,
                  flags,
                  new PinnedMemory(arena, Registration.hold(memory)),
                  null));
      return region;
    } finally {
      lock.unlock();
      if (region == null) {
        arena.close();
      }
    }
  }

  /**
   * Registers memory that exists. Until the region is closed, its arena cannot be: {@code
   * Arena.close()} throws {@code IllegalStateException}. Memory of a shared arena costs a sleeping
   * thread for each region; {@link #allocate}, {@link Arena#ofAuto}, {@link Arena#global} and
   * direct buffers of {@code ByteBuffer.allocateDirect} need none.
   *
   * @param memory native memory, at least 1 byte, in one piece, not of a confined arena
   * @param rights what it may be used for; none is enough to send from
   * @return a region to close after use; closing does not free the memory, which is to be done when
   *     all requests that name it are over
   * @throws VerbsException if the device or the limit of locked memory refuses
   * @throws IllegalArgumentException if the memory is on the Java heap, of a confined arena,
   *     read-only or empty, or the rights contradict
   * @throws IllegalStateException if the domain is closed, or the memory is freed
   */
  public MemoryRegion register(MemorySegment memory, Access... rights) throws VerbsException {
    Registration.check(memory);
    lock.lock();
    try {
      requireOpen();
      int flags = Registration.flags(context, List.of(rights));
      ArenaHold hold = Registration.hold(memory);
      MemoryRegion region = null;
      try {
        MemorySegment registered = Registration.register(this, memory, flags, List.of(rights));
        region =
            adopt(
                new MemoryRegion(
                    this, registered, memory, flags, new PinnedMemory(null, hold), null));
        return region;
      } finally {
        if (region == null && hold != null) {
          hold.close();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Registers the memory of a region once more: with other rights or in another domain, under keys
   * of its own. It is closed with that region.
   *
   * @param region a region of this context
   * @param rights what the memory may be used for through the new region
   * @return a region to close after use
   * @throws VerbsException if the device or the limit of locked memory refuses
   * @throws IllegalArgumentException if the region is of another context, or the rights contradict
   * @throws IllegalStateException if the domain or the region is closed
   */
  public MemoryRegion register(MemoryRegion region, Access... rights) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      if (region.domain().context() != context) {
        throw new IllegalArgumentException(region.description() + " is of another context");
      }
      region.requireOpen();
      int flags = Registration.flags(context, List.of(rights));
      MemorySegment registered =
          Registration.register(this, region.memory(), flags, List.of(rights));
      return adopt(
          new MemoryRegion(this, registered, region.memory(), flags, region.backing(), region));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Creates a queue pair, in {@link QueuePairState#RESET}; see {@code man ibv_create_qp}.
   *
   * @param config what it is made of; its completion queues must have room for all requests that
   *     can be outstanding
   * @return a queue pair to close after use
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if a completion queue is of another context or too small
   * @throws IllegalStateException if the domain or a completion queue is closed
   */
  public QueuePair createQueuePair(QueuePairConfig config) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      return adopt(QueuePairCreation.create(this, config));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Creates an address handle, for sending datagrams; see {@code man ibv_create_ah}. {@link
   * QueuePair#createAddressHandle} makes one for a peer's address, {@link Completions#sender} gives
   * the way back to whoever sent a datagram.
   *
   * @param vector the way to the peer
   * @return a handle to close after use
   * @throws VerbsException if the device refuses, for instance because there is no route to the GID
   * @throws IllegalStateException if the domain is closed
   */
  public AddressHandle createAddressHandle(AddressVector vector) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      return adopt(AddressHandle.create(this, vector));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Creates a shared receive queue; see {@code man ibv_create_srq}.
   *
   * @param depth the receives that may be outstanding, at least 1
   * @param elements scatter-gather elements of one receive, at least 1
   * @return a queue to close after use
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if a number is not positive
   * @throws IllegalStateException if the domain is closed
   */
  public SharedReceiveQueue createSharedReceiveQueue(int depth, int elements)
      throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      return adopt(SharedReceiveQueueCreation.create(this, depth, elements));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Creates a shared receive queue of an XRC domain: peers name it in each message, see {@link
   * SharedReceiveQueue#number}. See {@code man ibv_create_srq_ex}.
   *
   * @param depth the receives that may be outstanding, at least 1
   * @param elements scatter-gather elements of one receive, at least 1
   * @param xrc by whose queue pairs messages come
   * @param queue where receives complete; closed together with the shared receive queue
   * @return a queue to close after use
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if a number is not positive, something is of another context,
   *     or the completion queue has not enough room
   * @throws IllegalStateException if the domain, the XRC domain or the completion queue is closed,
   *     or the completion queue may hold receives of a closed queue pair whose number has come back
   */
  public SharedReceiveQueue createSharedReceiveQueue(
      int depth, int elements, XrcDomain xrc, CompletionQueue queue) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      return adopt(SharedReceiveQueueCreation.create(this, depth, elements, xrc, queue));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Creates a memory window, not bound to anything; see {@code man ibv_alloc_mw}.
   *
   * @param type how it is to be bound
   * @return a window to close after use
   * @throws VerbsException if the device refuses, or has no windows of this type
   * @throws IllegalStateException if the domain is closed
   */
  public MemoryWindow createMemoryWindow(MemoryWindowType type) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      return adopt(MemoryWindow.create(this, type));
    } finally {
      lock.unlock();
    }
  }

  Object windows() {
    return windows;
  }

  /** Of all threads that may be posting to queue pairs of this domain; with the lock. */
  UseGuard[] postingGuards() {
    return dependents(QueuePair.class).map(QueuePair::sends).toArray(UseGuard[]::new);
  }

  @Override
  String description() {
    return "the protection domain of " + context.device().name();
  }

  @Override
  boolean mayStayMapped() {
    return false;
  }

  @Override
  @Nullable VerbsException destroy() {
    MemoryRegion.retry(this);
    return destroyed("ibv_dealloc_pd", Verbs.ibv_dealloc_pd(handle));
  }
}
