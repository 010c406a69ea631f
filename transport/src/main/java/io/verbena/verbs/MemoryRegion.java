package io.verbena.verbs;

import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_mr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the adapter reads and writes by itself; stands for {@code struct ibv_mr}, see {@code
 * man ibv_reg_mr}. Its pages are pinned: they count against the limit of locked memory.
 *
 * <p>Close it only when no request uses it any more: requests that still do, here or at a peer,
 * fail. Closing deregisters first and frees then, so the adapter never writes to memory that is not
 * the region's any more.
 *
 * <p>Threads: any. Ownership: by its {@link ProtectionDomain}. Memory from {@link
 * ProtectionDomain#allocate} belongs to the region; memory that was given to {@link
 * ProtectionDomain#register} stays the caller's, who keeps it allocated until the region is closed.
 */
public final class MemoryRegion extends NativeObject {
  private final ProtectionDomain domain;
  private final MemorySegment memory;
  private final @Nullable Arena arena;
  private final boolean writable;
  private final long address;
  private final long length;
  private final int lkey;
  private final int rkey;

  MemoryRegion(
      ProtectionDomain domain,
      MemorySegment handle,
      MemorySegment memory,
      @Nullable Arena arena,
      int flags) {
    super(handle, domain);
    this.domain = domain;
    this.memory = memory;
    this.arena = arena;
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
   * the region is closed, then every access throws {@code IllegalStateException}.
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
  @Nullable VerbsException destroy() {
    VerbsException failure = destroyed("ibv_dereg_mr", Verbs.ibv_dereg_mr(handle));
    if (failure == null && arena != null) {
      // If the device refuses to let go, the memory must stay: it may still be written to.
      free(arena);
    }
    return failure;
  }

  private static void free(Arena memory) {
    try {
      memory.close();
    } catch (IllegalStateException e) {
      // A system call of another thread (reading a file into the memory, say) is using it: Java
      // refuses to free it until the call is over, and so does this.
      Thread.ofVirtual().name("verbena-free").start(() -> freeLater(memory));
    }
  }

  private static void freeLater(Arena memory) {
    while (memory.scope().isAlive()) {
      try {
        Thread.sleep(10);
        memory.close();
      } catch (IllegalStateException e) {
        // Still in use.
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
