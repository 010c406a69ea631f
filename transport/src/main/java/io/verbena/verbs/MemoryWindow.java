package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.ExtendedVerbs;
import io.verbena.ffi.verbs.ibv_mw;
import io.verbena.ffi.verbs.ibv_mw_bind;
import io.verbena.ffi.verbs.ibv_mw_bind_info;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A right to a part of a {@link MemoryRegion} that can be given and taken in microseconds, by the
 * adapter and in order with other requests, where registering takes a system call; stands for
 * {@code struct ibv_mw}, see {@code man ibv_alloc_mw} and {@code man ibv_bind_mw}.
 *
 * {@snippet :
 * MemoryWindow window = domain.createMemoryWindow(MemoryWindowType.TYPE_2);
 * pair.sends().signaled().bind(1, window, region, 0, 4096, Access.REMOTE_WRITE).submit();
 * // when that is completed: the peer may use window.rkey(); and to take it back
 * pair.sends().signaled().invalidate(2, window).submit();
 * }
 *
 * <p>The region needs {@link Access#WINDOW_BIND}. Some devices refuse to let go of a region while a
 * window is bound to it: closing the region then closes the window, too.
 *
 * <p>Threads: any; binding by the thread that posts. Ownership: by its {@link ProtectionDomain}; a
 * window of type 2 is closed with the queue pair that it is bound to.
 */
public final class MemoryWindow extends NativeObject {
  private static final int COUNTED = 0xff;

  private final ProtectionDomain domain;
  private final MemoryWindowType type;
  private volatile int rkey;

  /** The key of the last binding that was posted. */
  private volatile int postedKey;

  private volatile boolean bound;

  private final WindowBindings bindings = new WindowBindings();

  private MemoryWindow(ProtectionDomain domain, MemorySegment handle, MemoryWindowType type) {
    super(handle, domain);
    this.domain = domain;
    this.type = type;
    this.rkey = ibv_mw.rkey(handle);
    this.postedKey = rkey;
  }

  /** With the lock. */
  static MemoryWindow create(ProtectionDomain domain, MemoryWindowType type) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment handle =
          ExtendedVerbs.allocMw(capture, domain.context().handle, domain.handle, type.code());
      if (handle.address() == 0) {
        throw VerbsException.of("ibv_alloc_mw", type.toString(), ErrnoCalls.errno(capture));
      }
      return new MemoryWindow(domain, handle, type);
    }
  }

  /**
   * The domain whose regions the window can be bound to.
   *
   * @return the owner
   */
  public ProtectionDomain domain() {
    return domain;
  }

  /**
   * How it is bound.
   *
   * @return the type that it was created with
   */
  public MemoryWindowType type() {
    return type;
  }

  /**
   * The key for a peer's reads, writes and atomics. Another one with each binding: the one that was
   * asked for last, which works once that request is completed. If that was in a batch that was
   * dropped, the one before.
   *
   * @return 32 bits
   */
  public int rkey() {
    return rkey;
  }

  /**
   * Whether the last request of this side was to bind the window, and no {@link #invalidatedBy} has
   * been true since. A request counts from {@link SendBatch#submit} on.
   *
   * @return false after {@link #unbind} or {@link SendBatch#invalidate}
   */
  public boolean isBound() {
    return bound;
  }

  /**
   * Whether a receive says that the peer has ended this window by a send with invalidate; notes it
   * then.
   *
   * @param done a cursor at the completion of a receive
   * @return true if the window was bound and now is not
   */
  public boolean invalidatedBy(Completions done) {
    boolean ended = bound && done.hasInvalidated() && done.invalidatedKey() == rkey;
    if (ended) {
      bound = false;
      bindings.ended(done.queuePair());
    }
    return ended;
  }

  /**
   * Binds a window of type 1, at once: posted and on its way when this returns; a completion of
   * {@link WorkKind#BIND_WINDOW} follows. A window that was bound moves. See {@code man
   * ibv_bind_mw}; {@link SendBatch#bind} is for type 2.
   *
   * @param pair whose send queue carries the request; its batch must be empty, and used by this
   *     thread
   * @param id comes back with the completion
   * @param region what to give access to
   * @param offset the first byte in the region
   * @param length how many bytes, at least 1
   * @param rights out of REMOTE_READ, REMOTE_WRITE, REMOTE_ATOMIC and ZERO_BASED
   * @return false if the send queue is full: nothing was posted
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if the bytes are outside of the region, the region lacks a
   *     right, or a right is not one of a window
   * @throws IllegalStateException if the window is of type 2, something is closed, or the batch is
   *     not empty
   */
  public boolean bind(
      QueuePair pair, long id, MemoryRegion region, long offset, long length, Access... rights)
      throws VerbsException {
    int access = Access.windowFlags(List.of(rights));
    check(pair.domain(), region, offset, length, access);
    return bind(pair, id, region, region.address() + offset, length, access, true);
  }

  /**
   * Ends the binding of a window of type 1, at once, as {@link #bind} does.
   *
   * @param pair whose send queue carries the request; its batch must be empty, and used by this
   *     thread
   * @param id comes back with the completion
   * @param region what the window is bound to
   * @return false if the send queue is full: nothing was posted
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if the region is of another domain, or takes no windows
   * @throws IllegalStateException if the window is of type 2, something is closed, or the batch is
   *     not empty
   */
  public boolean unbind(QueuePair pair, long id, MemoryRegion region) throws VerbsException {
    region.checkBindable(pair.domain());
    return bind(pair, id, region, 0, 0, 0, false);
  }

  private boolean bind(
      QueuePair pair,
      long id,
      MemoryRegion region,
      long address,
      long length,
      int access,
      boolean binding)
      throws VerbsException {
    if (type != MemoryWindowType.TYPE_1) {
      throw new IllegalStateException(
          "a window of type 2 is bound in a batch: call sends().bind() or sends().invalidate()");
    }
    if (pair.domain() != domain) {
      throw new IllegalArgumentException(
          description() + " belongs to another protection domain than the queue pair");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bind = ibv_mw_bind.allocate(arena);
      MemorySegment info = ibv_mw_bind.bind_info(bind);
      ibv_mw_bind_info.mr(info, region.handle);
      ibv_mw_bind_info.addr(info, address);
      ibv_mw_bind_info.length(info, length);
      ibv_mw_bind_info.mw_access_flags(info, access);
      return pair.sends().postBind(id, this, region, bind, binding);
    }
  }

  /** The library has taken a call for type 1; inside the guard of the send queue. */
  void posted(QueuePair pair, long request, @Nullable MemoryRegion region) {
    rkey = ibv_mw.rkey(handle);
    postedKey = rkey;
    bound = region != null;
    bindings.posted(pair, request, region);
  }

  /** The library has taken a request of a batch; inside the guard of the send queue. */
  void posted(QueuePair pair, long request, int key, @Nullable MemoryRegion region) {
    if (region != null) {
      postedKey = key;
      // The next binding tells the device the key of this one: it looks for it in the C object.
      ibv_mw.rkey(handle, key);
    }
    bound = region != null;
    bindings.posted(pair, request, region);
  }

  /** What was not posted will not be. */
  void settle() {
    rkey = postedKey;
  }

  void check(ProtectionDomain user, MemoryRegion region, long offset, long length, int access) {
    if (isClosed()) {
      throw closed();
    }
    if (user != domain) {
      throw new IllegalArgumentException(
          description() + " belongs to another protection domain than the queue pair");
    }
    region.checkBindable(user, offset, length, access);
  }

  /** The key of the next binding: the lowest byte counts. */
  int nextKey() {
    int next = (rkey & ~COUNTED) | ((rkey + 1) & COUNTED);
    rkey = next;
    return next;
  }

  /**
   * For a request that takes the window back; checks before the request has a slot. One that finds
   * the window not bound crashes the kernel in the soft-RoCE of Linux 6.1, where it should fail.
   */
  void checkInvalidatable(ProtectionDomain user, QueuePair pair, WindowChanges changes) {
    if (isClosed()) {
      throw closed();
    }
    if (user != domain) {
      throw new IllegalArgumentException(
          description() + " belongs to another protection domain than the queue pair");
    }
    if (type != MemoryWindowType.TYPE_2) {
      throw new IllegalStateException("a window of type 1 is not invalidated: call unbind()");
    }
    requireBound(pair, changes.isBoundAfter(this, isBoundTo(pair)));
  }

  /** Whether the last request of a queue pair, as far as it is about the window, binds it. */
  boolean isBoundTo(QueuePair pair) {
    return bindings.isBound(pair);
  }

  void requireBound(QueuePair pair, boolean isBound) {
    if (!isBound) {
      throw new IllegalStateException(
          description()
              + (bindings.isInDoubt(pair)
                  ? " may be bound or not: the request that bound it has failed, or a reset of "
                      + pair.description()
                      + " has dropped it. Close the window and create another one"
                  : " is not bound to " + pair.description() + ": bind it there first"));
    }
  }

  /** Whether the device may hold on to the queue pair for this window. */
  boolean mayBeBoundTo(QueuePair pair) {
    return type == MemoryWindowType.TYPE_2 && bindings.mayHold(pair);
  }

  /** Whether the device may hold on to the region for this window. */
  boolean mayBeBoundTo(MemoryRegion region) {
    return bindings.mayHold(region);
  }

  /** The library reads and writes the C object while it posts the binding. */
  @Override
  UseGuard[] users() {
    return domain.postingGuards();
  }

  @Override
  boolean mayStayMapped() {
    return false;
  }

  @Override
  @Nullable VerbsException destroy() {
    return destroyed("ibv_dealloc_mw", ExtendedVerbs.deallocMw(domain.context().handle, handle));
  }

  @Override
  String description() {
    return "the memory window of " + type + ", rkey 0x" + Integer.toHexString(rkey);
  }
}
