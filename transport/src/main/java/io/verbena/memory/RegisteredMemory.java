package io.verbena.memory;

import io.verbena.ffi.HoldableArena;
import io.verbena.verbs.Access;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.MemoryWindow;
import io.verbena.verbs.MemoryWindowType;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A long-lived block of memory that one-sided operations read and write, at this side and, as far
 * as it is granted, from peers. One mapping, registered once in each protection domain of its
 * {@link MemoryDomain}.
 *
 * <p>Thread-safe apart from the bytes themselves: the program orders its own accesses. {@link
 * #close} revokes all grants, deregisters and then frees, as soon as no system call is using the
 * memory; what the device does not let go of is not freed. Using {@link #segment} afterwards throws
 * {@link IllegalStateException}. Remote accesses that are under way fail at the peer; {@link
 * MemoryRegion} says why they find no other memory.
 */
public final class RegisteredMemory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegisteredMemory.class);

  private final MemoryDomain domain;
  private final HoldableArena arena;
  private final MemorySegment segment;
  private final PageKind pages;

  private final Access[] rights;

  /** In the order of the domain's protection domains; none where there is no adapter. */
  private volatile List<MemoryRegion> regions;

  /** What memory windows are bound to: registered once more, as not everybody wants windows. */
  private final Map<ProtectionDomain, MemoryRegion> bindable = new HashMap<>();

  /** How each grant ends that has a registration of its own, by handle. */
  private final Map<Long, Runnable> grants = new HashMap<>();

  /** Grants by window, by handle; those that have ended with their queue pair are in it a while. */
  private final Map<Long, MemoryWindow> windows = new HashMap<>();

  private boolean closed;

  private RegisteredMemory(
      MemoryDomain domain,
      HoldableArena arena,
      PagedMemory memory,
      Access[] rights,
      List<MemoryRegion> regions) {
    this.domain = domain;
    this.arena = arena;
    this.segment = memory.segment();
    this.pages = memory.pages();
    this.rights = rights;
    this.regions = List.copyOf(regions);
  }

  static RegisteredMemory allocate(
      MemoryDomain domain,
      List<ProtectionDomain> where,
      long bytes,
      MemoryConfig config,
      Access... rights)
      throws IOException {
    if (config.pages() != PageKind.HUGE) {
      return allocateAs(domain, where, bytes, config, rights);
    }
    try {
      return allocateAs(domain, where, bytes, config, rights);
    } catch (IOException refusal) {
      LOG.info("Huge pages are refused: transparent ones are used", refusal);
      return allocateAs(domain, where, bytes, config.withPages(PageKind.TRANSPARENT), rights);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // Closed with the memory, or on failure below.
  private static RegisteredMemory allocateAs(
      MemoryDomain domain,
      List<ProtectionDomain> where,
      long bytes,
      MemoryConfig config,
      Access... rights)
      throws IOException {
    // Not memory of a region: it has to outlive each of them.
    HoldableArena arena = HoldableArena.open();
    List<MemoryRegion> regions = new ArrayList<>();
    try {
      PagedMemory memory = PagedMemory.allocate(bytes, config, arena);
      for (ProtectionDomain each : where) {
        regions.add(each.register(memory.segment(), rights));
      }
      return new RegisteredMemory(domain, arena, memory, rights, regions);
    } catch (IOException | RuntimeException | Error e) {
      var endings = new Endings();
      regions.forEach(each -> endings.attempt(each::close));
      arena.closeWhenFree();
      if (endings.refusal() != null) {
        e.addSuppressed(endings.refusal());
      }
      throw e;
    }
  }

  @SuppressWarnings("ReferenceEquality") // There are no two that are the same.
  boolean isOf(MemoryDomain other) {
    return domain == other;
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
   * The registration for local use, in the first protection domain if there are several.
   *
   * @return the region, or null where there is no adapter
   */
  public @Nullable MemoryRegion region() {
    List<MemoryRegion> all = regions;
    return all.isEmpty() ? null : all.getFirst();
  }

  /**
   * The registration for local use in one of several protection domains.
   *
   * @param protectionDomain that of the queue pair that is to use it
   * @return the region, or null if the memory is not registered there
   */
  @SuppressWarnings("ReferenceEquality") // Native objects are equal only to themselves.
  public @Nullable MemoryRegion region(ProtectionDomain protectionDomain) {
    for (MemoryRegion each : regions) {
      if (each.domain() == protectionDomain) {
        return each;
      }
    }
    return null;
  }

  /** Registers it in one more protection domain; nothing if it is already, or closed. */
  synchronized void include(ProtectionDomain protectionDomain) throws VerbsException {
    if (!closed && region(protectionDomain) == null) {
      List<MemoryRegion> more = new ArrayList<>(regions);
      more.add(protectionDomain.register(segment, rights));
      regions = List.copyOf(more);
    }
  }

  /** Takes that back, before anybody has used it. */
  synchronized void exclude(ProtectionDomain protectionDomain) {
    MemoryRegion region = region(protectionDomain);
    if (!closed && region != null) {
      regions = regions.stream().filter(each -> !each.equals(region)).toList();
      try {
        region.close();
      } catch (UncheckedIOException e) {
        LOG.warn("{} stays registered", region, e);
      }
    }
  }

  private MemoryRegion requireRegion(ProtectionDomain protectionDomain) {
    MemoryRegion found = region(protectionDomain);
    if (found == null) {
      throw new IllegalArgumentException(
          "the memory is not registered in %s: name it when the MemoryDomain is created"
              .formatted(protectionDomain));
    }
    return found;
  }

  /**
   * Lets peers use this memory, through the first protection domain if there are several: for the
   * peer of an endpoint, which may run over another, ask {@link io.verbena.Endpoint#grant}. Each
   * grant has its own rkey and handle and is revoked on its own. It is a registration of its own,
   * which takes as long as the first and counts as much against the limit of locked memory.
   *
   * @param rights at least one right
   * @return what to send to the peer
   * @throws IOException if the adapter refuses the registration
   * @throws IllegalArgumentException if no right is given
   * @throws IllegalStateException after close
   */
  public synchronized RemoteMemory grant(RemoteAccess... rights) throws IOException {
    return grant(region(), rights);
  }

  /**
   * Lets peers use this memory through one of several protection domains, as {@link
   * #grant(RemoteAccess...)} does through the first.
   *
   * @param protectionDomain that of the queue pair that the peer is connected with
   * @param rights at least one right
   * @return what to send to the peer
   * @throws IOException if the adapter refuses the registration
   * @throws IllegalArgumentException if the memory is not registered there, or no right is given
   * @throws IllegalStateException after close
   */
  public synchronized RemoteMemory grant(ProtectionDomain protectionDomain, RemoteAccess... rights)
      throws IOException {
    return grant(requireRegion(protectionDomain), rights);
  }

  /**
   * Lets peers use this memory over TCP, where requests are served by software: no adapter is
   * asked, nothing is registered and nothing pinned.
   *
   * @param rights at least one right
   * @return what to send to the peer; it {@linkplain RemoteMemory#hasKey has no key}
   * @throws IllegalArgumentException if no right is given
   * @throws IllegalStateException after close
   */
  public synchronized RemoteMemory grantByHandle(RemoteAccess... rights) {
    return publish(check(rights), RemoteMemory.NO_KEY, () -> {});
  }

  private RemoteMemory grant(@Nullable MemoryRegion region, RemoteAccess... rights)
      throws IOException {
    if (region == null) {
      return grantByHandle(rights);
    }
    Set<RemoteAccess> wanted = check(rights);
    EnumSet<Access> access = access(wanted);
    // The verbs want local write wherever a peer may change the memory (ibv_reg_mr(3)).
    if (wanted.contains(RemoteAccess.WRITE) || wanted.contains(RemoteAccess.ATOMIC)) {
      access.add(Access.LOCAL_WRITE);
    }
    MemoryRegion granted = region.domain().register(region, access.toArray(Access[]::new));
    return publish(wanted, granted.rkey(), granted::close);
  }

  /**
   * Lets one peer use this memory, through a memory window of type 2: nothing is registered but for
   * the first such grant, the key works only on the queue pair that it is granted through, and the
   * grant ends with that queue pair at the latest. It is for RDMA alone: over TCP, which knows
   * grants by their handle, it is as one that was revoked.
   *
   * <p>The binding is a request in the send queue. What is sent after it is carried out after it:
   * the result may be sent to the peer at once.
   *
   * @param pair the queue pair that the peer is connected with, used by this thread; its batch must
   *     be empty, and is so afterwards, whatever happens
   * @param id comes back with the completion of {@link io.verbena.verbs.WorkKind#BIND_WINDOW}
   * @param rights at least one right
   * @return what to send to the peer; null if the send queue is full: nothing was granted
   * @throws IOException if the adapter refuses, or has no windows of this type: {@link
   *     #grant(RemoteAccess...)} needs none
   * @throws IllegalArgumentException if the memory is not registered in the domain of the queue
   *     pair, or no right is given
   * @throws IllegalStateException after close, if the queue pair is closed or not connected, or if
   *     its batch is not empty
   */
  public synchronized @Nullable RemoteMemory grant(QueuePair pair, long id, RemoteAccess... rights)
      throws IOException {
    Set<RemoteAccess> wanted = check(rights);
    if (pair.sends().size() > 0) {
      throw new IllegalStateException("submit the batch first, or clear it: a grant needs its own");
    }
    ProtectionDomain protectionDomain = pair.domain();
    MemoryRegion region = requireRegion(protectionDomain);
    MemoryWindow window = protectionDomain.createMemoryWindow(MemoryWindowType.TYPE_2);
    boolean bound = false;
    try {
      MemoryRegion under = bindable.get(protectionDomain);
      if (under == null) {
        under = protectionDomain.register(region, Access.LOCAL_WRITE, Access.WINDOW_BIND);
        bindable.put(protectionDomain, under);
      }
      bound =
          pair.sends()
              .signaled()
              .bind(id, window, under, 0, length(), access(wanted).toArray(Access[]::new))
              .submit();
      return bound ? record(window) : null;
    } finally {
      if (!bound) {
        // Or else the request would go out with the next batch, for a window that is closed.
        pair.sends().clear();
        window.close();
      }
    }
  }

  private Set<RemoteAccess> check(RemoteAccess... rights) {
    if (rights.length == 0) {
      throw new IllegalArgumentException("grant at least one right");
    }
    if (closed) {
      throw new IllegalStateException("the memory is closed");
    }
    return EnumSet.copyOf(List.of(rights));
  }

  private static EnumSet<Access> access(Set<RemoteAccess> rights) {
    var access = EnumSet.noneOf(Access.class);
    for (RemoteAccess right : rights) {
      access.add(right.access);
    }
    return access;
  }

  /** Not published: over TCP nothing would end it when the queue pair is closed. */
  private RemoteMemory record(MemoryWindow window) {
    windows.values().removeIf(each -> !each.isOpen());
    long handle = domain.handle();
    windows.put(handle, window);
    return new RemoteMemory(segment.address(), length(), window.rkey(), handle);
  }

  private RemoteMemory publish(Set<RemoteAccess> rights, int key, Runnable end) {
    long handle = domain.publish(this, rights);
    grants.put(handle, end);
    return new RemoteMemory(segment.address(), length(), key, handle);
  }

  /**
   * Takes a grant back, by deregistering it or freeing its memory window: from now on its use fails
   * at the peer. What a peer was doing with it over TCP has reached the end of a frame. {@link
   * #close} takes back all, as far as the device lets it.
   *
   * @param remote what {@link #grant} returned, or a slice of it
   * @return whether it was in force; false if it is a grant of other memory
   * @throws IllegalStateException if the device refuses, as one that has failed may: over TCP the
   *     grant has ended, but peers that the device still serves may use it on; it cannot be revoked
   *     again, and its memory is not freed as long as the device may reach it
   */
  public synchronized boolean revoke(RemoteMemory remote) {
    MemoryWindow window = windows.remove(remote.handle());
    if (window != null) {
      boolean inForce = window.isOpen();
      end(window::close);
      return inForce;
    }
    Runnable end = grants.remove(remote.handle());
    if (end == null) {
      return false;
    }
    domain.withdraw(remote.handle());
    domain.awaitAccesses();
    end(end);
    return true;
  }

  private static void end(Runnable registration) {
    try {
      registration.run();
    } catch (UncheckedIOException e) {
      throw new IllegalStateException("the grant stays registered: " + e.getMessage(), e);
    }
  }

  /**
   * Revokes all grants, deregisters and frees.
   *
   * @throws IllegalStateException if the device does not let go of some of it: that stays
   *     registered, and the memory stays with it; everything else is revoked
   */
  @Override
  public synchronized void close() {
    domain.freed(this);
    try {
      deregister();
    } finally {
      // What the device can still reach is held: that memory is not freed.
      arena.closeWhenFree();
    }
  }

  /** As {@link #close}, but the memory stays: for blocks of which others have a part. */
  synchronized void deregister() {
    if (closed) {
      return;
    }
    closed = true;
    grants.keySet().forEach(domain::withdraw);
    domain.awaitAccesses();
    var endings = new Endings();
    windows.values().forEach(each -> endings.attempt(each::close));
    grants.values().forEach(endings::attempt);
    bindable.values().forEach(each -> endings.attempt(each::close));
    regions.forEach(each -> endings.attempt(each::close));
    windows.clear();
    grants.clear();
    RuntimeException refusal = endings.refusal();
    if (refusal != null) {
      throw new IllegalStateException(
          "the memory stays registered: " + refusal.getMessage(), refusal);
    }
  }
}
