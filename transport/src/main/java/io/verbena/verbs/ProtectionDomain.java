package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
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
    int flags = Access.regionFlags(List.of(rights));
    Arena arena = Arena.ofShared();
    MemoryRegion region = null;
    try {
      MemorySegment memory = arena.allocate(bytes, LibC.sysconf(LibC._SC_PAGESIZE()));
      region = register(memory, arena, flags, rights);
      return region;
    } catch (OutOfMemoryError e) {
      throw VerbsException.of(
          "malloc",
          "length=" + bytes,
          LibC.ENOMEM(),
          e.getMessage() + "; raise the limit with -XX:MaxDirectMemorySize=");
    } finally {
      if (region == null) {
        arena.close();
      }
    }
  }

  /**
   * Registers memory that exists. The caller keeps it allocated until the region is closed: memory
   * that is freed before is written to by the adapter, whoever has it by then. Memory of {@link
   * Arena#ofAuto} and {@link Arena#global} is safe in that respect.
   *
   * @param memory native memory, at least 1 byte, in one piece
   * @param rights what it may be used for; none is enough to send from
   * @return a region to close after use; closing does not free the memory
   * @throws VerbsException if the device or the limit of locked memory refuses
   * @throws IllegalArgumentException if the memory is on the Java heap, read-only or empty, or the
   *     rights contradict
   * @throws IllegalStateException if the domain is closed, or the memory is freed
   */
  public MemoryRegion register(MemorySegment memory, Access... rights) throws VerbsException {
    if (!memory.isNative()) {
      throw new IllegalArgumentException(
          "memory on the Java heap moves and cannot be registered: use allocate(), or an Arena");
    }
    if (memory.byteSize() == 0) {
      throw new IllegalArgumentException("a region has at least 1 byte");
    }
    if (memory.isReadOnly()) {
      throw new IllegalArgumentException("the memory is read-only: the adapter would not know");
    }
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException("the memory is freed: its arena is closed");
    }
    return register(memory, null, Access.regionFlags(List.of(rights)), rights);
  }

  private MemoryRegion register(
      MemorySegment memory, @Nullable Arena owned, int flags, Access... rights)
      throws VerbsException {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requireOpen();
      MemorySegment capture = ErrnoCalls.capture(arena);
      long length = memory.byteSize();
      long iova = Access.isZeroBased(flags) ? 0 : memory.address();
      boolean plain = !Access.hasOptional(flags) && !Access.isZeroBased(flags);
      MemorySegment region =
          plain
              ? ErrnoCalls.regMr(capture, handle, memory, length, flags)
              : ErrnoCalls.regMrIova2(capture, handle, memory, length, iova, flags);
      if (region.address() == 0) {
        throw VerbsException.of(
            plain ? "ibv_reg_mr" : "ibv_reg_mr_iova2",
            "length=" + length + ", access=" + List.of(rights),
            ErrnoCalls.errno(capture));
      }
      return adopt(new MemoryRegion(this, region, memory, owned, flags));
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
      return adopt(SharedReceiveQueue.create(this, depth, elements));
    } finally {
      lock.unlock();
    }
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
  @Nullable VerbsException destroy() {
    return destroyed("ibv_dealloc_pd", Verbs.ibv_dealloc_pd(handle));
  }
}
