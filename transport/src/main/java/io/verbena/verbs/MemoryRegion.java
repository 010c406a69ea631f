package io.verbena.verbs;

import io.verbena.ffi.ArenaHold;
import io.verbena.ffi.ContextVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_mr;
import io.verbena.ffi.verbs.ibv_sge;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the adapter reads and writes by itself; stands for {@code struct ibv_mr}, see {@code
 * man ibv_reg_mr}. Its pages are pinned: they count against the limit of locked memory.
 *
 * <p>Close it only when no request uses it any more: requests that still do, here or at a peer, end
 * with an error. Closing deregisters first and frees then, so the adapter never writes to memory
 * that is not the region's any more. Some adapters soon give its keys to another region: so that no
 * request that still names it finds that one, the addresses of memory from {@link
 * ProtectionDomain#allocate} are not used again before the queues are closed that the context had
 * then. For memory of his own the caller sees to that: he frees it when those requests are over. If
 * the adapter does not let go because memory windows are bound to the region, they are closed, too;
 * if it does not let go all the same, closing says so, and the memory stays until the domain is
 * closed or, at the latest, the context; for ever if the device keeps queues of the context, too,
 * and so all of it.
 *
 * <p>Threads: any. Ownership: by its {@link ProtectionDomain}. Memory from {@link
 * ProtectionDomain#allocate} belongs to the region; memory that was given to {@link
 * ProtectionDomain#register(MemorySegment, Access...)} stays the caller's, who cannot free it until
 * the region is closed.
 */
public final class MemoryRegion extends NativeObject {
  /**
   * Regions that the device did not let go of: it may write to their memory until it does, or
   * forgets their context, so that memory must not be collected either.
   */
  private static final Set<MemoryRegion> STUCK = ConcurrentHashMap.newKeySet();

  // Changed by reregister() only.
  private ProtectionDomain domain;
  private MemorySegment memory;
  private int flags;
  private boolean writable;
  private long address;
  private long length;
  private int lkey;
  private int rkey;
  private volatile int generation;

  private PinnedMemory backing;
  private volatile boolean deregistered;

  MemoryRegion(
      ProtectionDomain domain,
      MemorySegment handle,
      MemorySegment memory,
      int flags,
      PinnedMemory backing,
      @Nullable MemoryRegion original) {
    super(
        handle,
        original == null ? new NativeObject[] {domain} : new NativeObject[] {domain, original});
    this.domain = domain;
    this.memory = memory;
    this.flags = flags;
    this.backing = backing;
    backing.registered();
    this.writable = Access.isLocalWrite(flags);
    this.address = Access.isZeroBased(flags) ? 0 : memory.address();
    this.length = memory.byteSize();
    this.lkey = ibv_mr.lkey(handle);
    this.rkey = ibv_mr.rkey(handle);
  }

  /**
   * The domain that the region works in.
   *
   * @return the owner
   */
  public ProtectionDomain domain() {
    return domain;
  }

  /**
   * The bytes. Memory from {@link ProtectionDomain#allocate} may be accessed by any thread until
   * the region is closed, then every access throws {@code IllegalStateException}. If the memory is
   * registered in another context, too, or a system call is using it, that is so only when the last
   * of them lets go; it cannot be registered anew meanwhile.
   *
   * @return all of the region
   */
  public MemorySegment memory() {
    return memory;
  }

  /**
   * The address of the first byte, as requests of this side and of a peer count it.
   *
   * @return a virtual address of this process; 0 with {@link Access#ZERO_BASED}
   */
  public long address() {
    return address;
  }

  /**
   * The size of the region.
   *
   * @return bytes
   */
  public long length() {
    return length;
  }

  /**
   * The key for requests of this side; {@link SendBatch} and {@link ReceiveBatch} take it by
   * themselves.
   *
   * @return 32 bits
   */
  public int lkey() {
    return lkey;
  }

  /**
   * The key for a peer's reads, writes and atomics. Whoever has it and a connection to this domain
   * has the region's rights; keys can be guessed.
   *
   * @return 32 bits
   */
  public int rkey() {
    return rkey;
  }

  /**
   * Changes what is registered, under the same object but with new keys; see {@code man
   * ibv_rereg_mr}. No request may use the region meanwhile, here or at a peer. Not all devices can.
   *
   * @param newDomain the domain to work in, of the same context; may be the present one
   * @param newMemory native memory of the caller, as for {@link
   *     ProtectionDomain#register(MemorySegment, Access...)}; or the present memory
   * @param rights what it may be used for
   * @throws VerbsException if the device refuses; the region is as before, or, if the device has
   *     spoilt it, closed: the message says which
   * @throws IllegalArgumentException if the domain is of another context, the memory cannot be
   *     registered, the rights contradict, or {@link Access#ZERO_BASED} would change
   * @throws IllegalStateException if the region or the domain is closed, or something was made with
   *     the region
   */
  public void reregister(ProtectionDomain newDomain, MemorySegment newMemory, Access... rights)
      throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      newDomain.requireOpen();
      boolean translate = !newMemory.equals(memory);
      if (translate) {
        Registration.check(newMemory);
      }
      if (newDomain.context() != domain.context()) {
        throw new IllegalArgumentException(newDomain.description() + " is of another context");
      }
      requireNoDependents();
      int newFlags = Registration.flags(domain.context(), List.of(rights));
      if (Access.isZeroBased(newFlags) != Access.isZeroBased(flags)) {
        throw new IllegalArgumentException("ZERO_BASED cannot be changed: register anew");
      }
      ArenaHold newHold = translate ? Registration.hold(newMemory) : null;
      boolean done = false;
      try {
        Reregistration.change(
            this,
            newDomain == domain ? null : newDomain,
            translate ? newMemory : null,
            newFlags == flags ? null : newFlags);
        done = true;
      } finally {
        if (!done && newHold != null) {
          newHold.close();
        }
      }
      int next = generation + 1; // only ever with the lock
      generation = next;
      lkey = ibv_mr.lkey(handle);
      rkey = ibv_mr.rkey(handle);
      flags = newFlags;
      writable = Access.isLocalWrite(newFlags);
      if (newDomain != domain) {
        move(domain, newDomain);
        domain = newDomain;
      }
      if (translate) {
        backing.deregistered(domain.context().addresses());
        backing = new PinnedMemory(null, newHold);
        backing.registered();
        memory = newMemory;
        length = newMemory.byteSize();
        address = Access.isZeroBased(newFlags) ? 0 : newMemory.address();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Says what some bytes will be used for soon; see {@code man ibv_advise_mr}. Of use for memory
   * that is registered {@link Access#ON_DEMAND}.
   *
   * @param advice what they will be used for
   * @param offset where they start
   * @param bytes how many
   * @param wait whether to return only when it is done
   * @throws VerbsException if the device cannot
   * @throws IndexOutOfBoundsException if the bytes are not all in the region
   * @throws IllegalStateException if the region is closed
   */
  public void advise(MemoryAdvice advice, long offset, int bytes, boolean wait)
      throws VerbsException {
    lock.lock();
    try (Arena scratch = Arena.ofConfined()) {
      requireOpen();
      Objects.checkFromIndexSize(offset, bytes, length);
      MemorySegment element = ibv_sge.allocate(scratch);
      ibv_sge.addr(element, address + offset);
      ibv_sge.length(element, bytes);
      ibv_sge.lkey(element, lkey);
      int result =
          ContextVerbs.adviseMr(
              domain.context().handle,
              domain.handle,
              advice.code(),
              wait ? Verbs.IBV_ADVISE_MR_FLAG_FLUSH() : 0,
              element,
              1);
      if (result != 0) {
        throw VerbsException.of("ibv_advise_mr", advice.toString(), Math.abs(result));
      }
    } finally {
      lock.unlock();
    }
  }

  /** For a request of {@code user}: these bytes are there. */
  void check(ProtectionDomain user, long offset, int bytes) {
    if ((offset | bytes) < 0 || offset > length - bytes || user != domain || isClosed()) {
      throw misuse(user, offset, bytes);
    }
  }

  /** For a request of {@code user}: the adapter may write these bytes. */
  void checkWritable(ProtectionDomain user, long offset, int bytes) {
    check(user, offset, bytes);
    if (!writable) {
      throw new IllegalArgumentException(
          description() + " may not be written: register it with LOCAL_WRITE");
    }
  }

  /** For another region that has the same memory; with the lock. */
  PinnedMemory backing() {
    return backing;
  }

  /**
   * Another one after each change: what was built with the region before does not hold any more.
   */
  int generation() {
    return generation;
  }

  /** For a memory window of {@code user}: these bytes are there and may be given away. */
  void checkBindable(ProtectionDomain user, long offset, long bytes, int access) {
    checkBindable(user);
    if (bytes < 1 || offset < 0 || offset > length - bytes) {
      throw new IllegalArgumentException(
          bytes + " bytes at offset " + offset + " are not within " + description());
    }
    if (Access.needLocalWrite(access) && !writable) {
      throw new IllegalArgumentException(
          description() + " may not be written: register it with LOCAL_WRITE");
    }
  }

  /** For a memory window of {@code user}: the region may have some. */
  void checkBindable(ProtectionDomain user) {
    if (isClosed()) {
      throw closed();
    }
    if (user != domain) {
      throw misuse(user, 0, 0);
    }
    if (!Access.isBindable(flags)) {
      throw new IllegalArgumentException(
          description() + " takes no memory windows: register it with WINDOW_BIND");
    }
  }

  /**
   * The library reads the C object while it posts the binding of a window; which domain the region
   * was in, and with which rights, when that was built, the present ones do not say.
   */
  @Override
  UseGuard[] users() {
    return domain.context().postingGuards();
  }

  private RuntimeException misuse(ProtectionDomain user, long offset, int bytes) {
    if (isClosed()) {
      return closed();
    }
    return new IllegalArgumentException(
        user != domain
            ? description() + " belongs to another protection domain than the queue pair"
            : bytes + " bytes at offset " + offset + " are not within " + description());
  }

  @Override
  String description() {
    return "the memory region of " + length + " bytes, lkey 0x" + Integer.toHexString(lkey);
  }

  @Override
  boolean mayStayMapped() {
    return false;
  }

  @Override
  @Nullable VerbsException destroy() {
    List<VerbsException> failures = new ArrayList<>();
    int result = Verbs.ibv_dereg_mr(handle);
    if (result != 0 && closeWindows(failures)) {
      result = Verbs.ibv_dereg_mr(handle);
    }
    VerbsException failure = destroyed("ibv_dereg_mr", result);
    if (failure != null) {
      STUCK.add(this);
      failures.addFirst(failure);
    } else {
      letGo();
    }
    return first(failures);
  }

  /** Closes the windows that may be bound to the region; false if there are none. */
  private boolean closeWindows(List<VerbsException> failures) {
    boolean found = false;
    for (MemoryWindow window : domain.dependents(MemoryWindow.class).toList()) {
      if (window.mayBeBoundTo(this)) {
        window.release(failures);
        found = true;
      }
    }
    return found;
  }

  /** Whether no window can be bound to the region any more. */
  boolean isDeregistered() {
    return deregistered;
  }

  /** The adapter does not use the memory any more, at least not through this region. */
  private void letGo() {
    STUCK.remove(this);
    deregistered = true;
    backing.deregistered(domain.context().addresses());
  }

  /** Tries again what was refused: all windows of the domain are closed. With the lock. */
  static void retry(ProtectionDomain domain) {
    for (MemoryRegion each : stuck(domain.context())) {
      if (each.domain.equals(domain) && Verbs.ibv_dereg_mr(each.handle) == 0) {
        each.letGo();
      }
    }
  }

  /** The device has forgotten the context: it uses none of its memory any more. With the lock. */
  static void letGo(Context context) {
    stuck(context).forEach(MemoryRegion::letGo);
  }

  private static List<MemoryRegion> stuck(Context context) {
    return STUCK.stream().filter(each -> each.domain.context().equals(context)).toList();
  }
}
