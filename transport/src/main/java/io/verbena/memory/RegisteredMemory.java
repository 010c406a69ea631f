package io.verbena.memory;

import io.verbena.verbs.Access;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A long-lived block of memory that one-sided operations read and write, at this side and, as far
 * as it is granted, from peers.
 *
 * <p>Thread-safe apart from the bytes themselves: the program orders its own accesses. {@link
 * #close} revokes all grants, deregisters and then frees, as soon as no system call is using the
 * memory; using {@link #segment} afterwards throws {@link IllegalStateException}. Remote accesses
 * that are under way fail at the peer.
 */
public final class RegisteredMemory implements AutoCloseable {
  private static final long FREE_PAUSE_MILLIS = 10;

  private final MemoryDomain domain;
  private final @Nullable ProtectionDomain protectionDomain;
  private final @Nullable MemoryRegion region;

  /** Of the memory, where no region owns it. */
  private final @Nullable Arena arena;

  private final MemorySegment segment;
  private final PageKind pages;
  private final Map<Long, Optional<MemoryRegion>> grants = new HashMap<>();
  private boolean closed;

  private RegisteredMemory(
      MemoryDomain domain,
      @Nullable ProtectionDomain protectionDomain,
      @Nullable MemoryRegion region,
      @Nullable Arena arena,
      PagedMemory memory) {
    this.domain = domain;
    this.protectionDomain = protectionDomain;
    this.region = region;
    this.arena = arena;
    this.segment = memory.segment();
    this.pages = memory.pages();
  }

  @SuppressWarnings("MustBeClosedChecker") // Closed with the memory, or on failure below.
  static RegisteredMemory allocate(
      MemoryDomain domain, @Nullable ProtectionDomain protectionDomain, long bytes, PageKind pages)
      throws IOException {
    if (protectionDomain != null && pages == PageKind.STANDARD) {
      MemoryRegion region = protectionDomain.allocate(bytes, Access.LOCAL_WRITE);
      var memory = new PagedMemory(region.memory(), pages);
      return new RegisteredMemory(domain, protectionDomain, region, null, memory);
    }
    Arena arena = Arena.ofShared();
    try {
      PagedMemory memory = PagedMemory.allocate(bytes, pages, arena);
      MemoryRegion region =
          protectionDomain == null
              ? null
              : protectionDomain.register(memory.segment(), Access.LOCAL_WRITE);
      return new RegisteredMemory(domain, protectionDomain, region, arena, memory);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * The memory itself, in native byte order for atomics.
   *
   * @return the segment, valid until {@link #close}
   */
  public MemorySegment segment() {
    return segment;
  }

  /**
   * Length.
   *
   * @return bytes
   */
  public long length() {
    return segment.byteSize();
  }

  /**
   * What the memory's pages are.
   *
   * @return what was asked for, or less if the system had not that many
   */
  public PageKind pages() {
    return pages;
  }

  /**
   * The registration for local use.
   *
   * @return the region, or null where there is no adapter
   */
  public @Nullable MemoryRegion region() {
    return region;
  }

  /**
   * Lets peers use this memory. Each grant has its own rkey and handle and is revoked on its own.
   *
   * @param rights at least one right
   * @return what to send to the peer
   * @throws IOException if the adapter refuses the registration
   * @throws IllegalStateException after close
   */
  public synchronized RemoteMemory grant(RemoteAccess... rights) throws IOException {
    if (rights.length == 0) {
      throw new IllegalArgumentException("grant at least one right");
    }
    if (closed) {
      throw new IllegalStateException("the memory is closed");
    }
    var wanted = EnumSet.noneOf(RemoteAccess.class);
    var access = EnumSet.noneOf(Access.class);
    for (RemoteAccess right : rights) {
      wanted.add(right);
      access.add(
          switch (right) {
            case READ -> Access.REMOTE_READ;
            case WRITE -> Access.REMOTE_WRITE;
            case ATOMIC -> Access.REMOTE_ATOMIC;
          });
    }
    // The verbs want local write wherever a peer may change the memory (ibv_reg_mr(3)).
    if (wanted.contains(RemoteAccess.WRITE) || wanted.contains(RemoteAccess.ATOMIC)) {
      access.add(Access.LOCAL_WRITE);
    }
    MemoryRegion granted =
        protectionDomain == null || region == null
            ? null
            : protectionDomain.register(region, access.toArray(Access[]::new));
    long handle = domain.publish(this, wanted);
    grants.put(handle, Optional.ofNullable(granted));
    int key = granted == null ? 0 : granted.rkey();
    return new RemoteMemory(segment.address(), length(), key, handle);
  }

  /**
   * Takes a grant back: from now on its use fails at the peer.
   *
   * @param remote what {@link #grant} returned
   * @return whether it was in force
   */
  public synchronized boolean revoke(RemoteMemory remote) {
    boolean known = domain.withdraw(remote.handle());
    Optional<MemoryRegion> granted = grants.remove(remote.handle());
    if (granted != null) {
      granted.ifPresent(MemoryRegion::close);
    }
    return known;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    grants.keySet().forEach(domain::withdraw);
    domain.freed(this);
    try {
      for (Optional<MemoryRegion> granted : grants.values()) {
        granted.ifPresent(MemoryRegion::close);
      }
      if (region != null) {
        region.close();
      }
    } catch (UncheckedIOException e) {
      // The device may still reach the memory: it has to stay.
      throw new IllegalStateException("the memory stays registered: " + e.getMessage(), e);
    }
    if (arena != null) {
      free(arena);
    }
  }

  private static void free(Arena memory) {
    try {
      memory.close();
    } catch (IllegalStateException e) {
      // A system call of another thread is using the memory, such as a read into it: Java refuses
      // to free it until the call is over.
      Thread.ofVirtual().name("verbena-free").start(() -> freeLater(memory));
    }
  }

  private static void freeLater(Arena memory) {
    while (memory.scope().isAlive()) {
      try {
        Thread.sleep(FREE_PAUSE_MILLIS);
        memory.close();
      } catch (IllegalStateException e) {
        // Still in use.
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
