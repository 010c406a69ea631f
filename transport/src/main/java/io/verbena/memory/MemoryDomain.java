package io.verbena.memory;

import io.verbena.verbs.Access;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;

/**
 * Where the memory of one program is registered and what of it is granted: one trust domain. With a
 * {@link ProtectionDomain} the memory is registered with its adapter; without one the same calls
 * give plain memory that peers reach over TCP.
 *
 * <p>Thread-safe. Closing it frees the memory that was allocated from it, but for buffers of {@link
 * RegisteredByteBufAllocator}s that are in use; the protection domain stays its creator's.
 */
public final class MemoryDomain implements AutoCloseable {
  private record Grant(RegisteredMemory memory, Set<RemoteAccess> rights) {}

  private volatile List<ProtectionDomain> protectionDomains;
  private final SecureRandom random = new SecureRandom();
  private final ConcurrentHashMap<Long, Grant> grants = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<RegisteredMemory> allocated = new CopyOnWriteArrayList<>();

  /** Of allocators, whose buffers may be in use when the domain is closed. */
  private final CopyOnWriteArrayList<RegisteredMemory> slabs = new CopyOnWriteArrayList<>();

  /** Open ones. */
  private final CopyOnWriteArrayList<RegisteredByteBufAllocator> allocators =
      new CopyOnWriteArrayList<>();

  private volatile boolean closed;

  /** Read: by lanes that serve an access. Write: by nobody, but to wait until those are done. */
  private final StampedLock serving = new StampedLock();

  /**
   * Creates a domain.
   *
   * @param protectionDomain where to register, or null for memory that no adapter reaches
   */
  public MemoryDomain(@Nullable ProtectionDomain protectionDomain) {
    this(protectionDomain == null ? List.of() : List.of(protectionDomain));
  }

  private MemoryDomain(List<ProtectionDomain> protectionDomains) {
    this.protectionDomains = protectionDomains;
  }

  /**
   * Creates a domain whose memory is registered in several protection domains, of one device or of
   * several: queue pairs of all of them use the same bytes. Each registration counts against the
   * limit of locked memory.
   *
   * @param protectionDomains where to register; the first one is meant where none is named
   * @return the domain, owned by the caller
   */
  public static MemoryDomain across(ProtectionDomain... protectionDomains) {
    if (Set.of(protectionDomains).isEmpty()) {
      throw new IllegalArgumentException("name at least one protection domain");
    }
    return new MemoryDomain(List.of(protectionDomains));
  }

  /**
   * For an adapter that has failed: what is allocated from now on is not registered there. Without
   * another one it is plain memory.
   *
   * @param protectionDomain where not to register; nothing happens if it is not of this domain
   */
  public synchronized void leaveOut(ProtectionDomain protectionDomain) {
    protectionDomains =
        protectionDomains.stream().filter(each -> !each.equals(protectionDomain)).toList();
  }

  /**
   * For an adapter that comes into use later: what is allocated is registered there, too, from now
   * on and what was allocated before.
   *
   * @param protectionDomain where to register, after the others; nothing happens if it is of this
   *     domain already
   * @throws VerbsException if the device or the limit of locked memory refuses: everything is as it
   *     was before
   */
  public synchronized void include(ProtectionDomain protectionDomain) throws VerbsException {
    List<ProtectionDomain> before = protectionDomains;
    if (before.contains(protectionDomain)) {
      return;
    }
    List<ProtectionDomain> all = new ArrayList<>(before);
    all.add(protectionDomain);
    boolean done = false;
    try {
      // First: who allocates meanwhile either sees it, or is in the lists.
      protectionDomains = List.copyOf(all);
      for (RegisteredMemory each : all()) {
        each.include(protectionDomain);
      }
      done = true;
    } finally {
      if (!done) {
        protectionDomains = before;
        all().forEach(each -> each.exclude(protectionDomain));
      }
    }
  }

  private List<RegisteredMemory> all() {
    List<RegisteredMemory> all = new ArrayList<>(allocated);
    all.addAll(slabs);
    return all;
  }

  /**
   * Allocates zeroed, page-aligned memory and registers it for local use. No peer can reach it
   * before {@link RegisteredMemory#grant}.
   *
   * @param bytes size in bytes, at least 1
   * @return the memory, owned by the caller
   * @throws IOException if it cannot be allocated or registered, with the likely cure
   * @throws IllegalStateException if the domain is closed
   */
  public RegisteredMemory allocate(long bytes) throws IOException {
    return allocate(bytes, MemoryConfig.defaults());
  }

  /**
   * Allocates memory with pages of a certain kind, or the next best: {@link RegisteredMemory#pages}
   * says what it is.
   *
   * @param bytes size in bytes, at least 1
   * @param pages what is wanted; less than 2 MiB are not made huge by the system
   * @return the memory, owned by the caller
   * @throws IOException if it cannot be allocated or registered, with the likely cure
   * @throws IllegalStateException if the domain is closed
   */
  public RegisteredMemory allocate(long bytes, PageKind pages) throws IOException {
    return allocate(bytes, MemoryConfig.defaults().withPages(pages));
  }

  /**
   * Allocates memory that is laid out in a certain way.
   *
   * @param bytes size in bytes, at least 1
   * @param config pages, alignment and who touches them first
   * @return the memory, owned by the caller
   * @throws IOException if it cannot be allocated or registered, with the likely cure
   * @throws IllegalStateException if the domain is closed
   */
  public RegisteredMemory allocate(long bytes, MemoryConfig config) throws IOException {
    return allocate(bytes, config, Access.LOCAL_WRITE);
  }

  /** Allocates memory whose registration gives certain rights; peers have to know its key. */
  RegisteredMemory allocate(long bytes, MemoryConfig config, Access... rights) throws IOException {
    if (bytes <= 0) {
      throw new IllegalArgumentException("bytes must be positive: " + bytes);
    }
    return allocate(bytes, config, allocated, rights);
  }

  /** Allocates memory that {@link #close} deregisters and does not free: its user does that. */
  RegisteredMemory allocateSlab(long bytes) throws IOException {
    return allocate(
        bytes, MemoryConfig.defaults().withPages(PageKind.TRANSPARENT), slabs, Access.LOCAL_WRITE);
  }

  private RegisteredMemory allocate(
      long bytes, MemoryConfig config, List<RegisteredMemory> list, Access... rights)
      throws IOException {
    requireOpen();
    var memory = RegisteredMemory.allocate(this, protectionDomains, bytes, config, rights);
    list.add(memory);
    if (closed) {
      // Closing may have gone through the list before this was in it.
      memory.close();
      requireOpen();
    }
    try {
      // So may including a protection domain.
      for (ProtectionDomain each : protectionDomains) {
        memory.include(each);
      }
    } catch (VerbsException e) {
      memory.close();
      throw e;
    }
    return memory;
  }

  /** Is closed with the domain, unless it ends before. */
  void add(RegisteredByteBufAllocator allocator) {
    allocators.add(allocator);
    if (closed) {
      allocator.close();
    }
  }

  void ended(RegisteredByteBufAllocator allocator) {
    allocators.remove(allocator);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the memory domain is closed: allocate before close()");
    }
  }

  /**
   * For lanes that serve requests in software: from now on until {@link #endAccess} nothing that
   * {@link #resolve} gives is revoked or freed; who tries waits. Keep it short, and call nothing of
   * the program meanwhile. Allocates nothing.
   *
   * @return what to end it with
   */
  public long beginAccess() {
    return serving.readLock();
  }

  /**
   * Ends an access: the memory is not used any more.
   *
   * @param access what {@link #beginAccess} returned
   */
  public void endAccess(long access) {
    serving.unlockRead(access);
  }

  /** Returns when no access is under way that began before. */
  void awaitAccesses() {
    serving.unlockWrite(serving.writeLock());
  }

  /**
   * The part of granted memory that a request of a peer names, for lanes that serve requests in
   * software.
   *
   * <p>Without {@link #beginAccess} around this and the use of the memory, the grant may be revoked
   * between the two.
   *
   * @param handle handle of the grant
   * @param address where the range starts, as in {@link RemoteMemory#address}
   * @param length bytes
   * @param right what the request wants to do
   * @return the range, or null if there is no such grant, it lacks the right or the range leaves it
   */
  public @Nullable MemorySegment resolve(
      long handle, long address, long length, RemoteAccess right) {
    Grant grant = grants.get(handle);
    if (grant == null || !grant.rights.contains(right)) {
      return null;
    }
    long offset = address - grant.memory.segment().address();
    if (offset < 0 || length < 0 || offset > grant.memory.length() - length) {
      return null;
    }
    try {
      return grant.memory.segment().asSlice(offset, length);
    } catch (IllegalStateException closed) {
      return null;
    }
  }

  /**
   * Whether memory comes from this domain.
   *
   * @param memory any, closed or not
   * @return false if another one allocated it
   */
  public boolean owns(RegisteredMemory memory) {
    return memory.isOf(this);
  }

  long publish(RegisteredMemory memory, Set<RemoteAccess> rights) {
    var grant = new Grant(memory, Set.copyOf(rights));
    while (true) {
      long handle = handle();
      if (grants.putIfAbsent(handle, grant) == null) {
        return handle;
      }
    }
  }

  /** A name that no grant of this domain has, and that nobody can guess. */
  long handle() {
    while (true) {
      long handle = random.nextLong();
      if (handle != 0 && !grants.containsKey(handle)) {
        return handle;
      }
    }
  }

  boolean withdraw(long handle) {
    return grants.remove(handle) != null;
  }

  void freed(RegisteredMemory memory) {
    allocated.remove(memory);
    slabs.remove(memory);
  }

  /**
   * Revokes all grants, frees all memory of this domain and closes its allocators. Buffers of these
   * that are in use are plain memory from now on, which is freed when they are released.
   *
   * @throws IllegalStateException if the device does not let go of some memory: it is not freed,
   *     everything else is; what it refused besides is suppressed
   */
  @Override
  public void close() {
    closed = true;
    grants.clear();
    var endings = new Endings();
    allocated.forEach(each -> endings.attempt(each::close));
    slabs.forEach(each -> endings.attempt(each::deregister));
    allocators.forEach(each -> endings.attempt(each::close));
    RuntimeException refusal = endings.refusal();
    if (refusal != null) {
      throw refusal;
    }
  }
}
