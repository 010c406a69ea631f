package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_ah_attr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Where datagrams go: the way to a peer's port or to a multicast group, prepared for sending;
 * stands for {@code struct ibv_ah}, see {@code man ibv_create_ah}. A send names the peer's queue
 * pair beside it, see {@link SendBatch#to}: one handle serves all queue pairs of a port.
 *
 * <p>Keep it open until the sends that use it are done. A batch that names a closed one is refused
 * when it is submitted; a send that is under way may fail or be lost.
 *
 * <p>Threads: any. Ownership: by its {@link ProtectionDomain}; serves the queue pairs of that
 * domain.
 */
public final class AddressHandle extends NativeObject {
  private final ProtectionDomain domain;
  private final AddressVector vector;

  /** Of the C object, for the posting thread. */
  final long address;

  private AddressHandle(ProtectionDomain domain, MemorySegment handle, AddressVector vector) {
    super(handle, domain);
    this.domain = domain;
    this.vector = vector;
    this.address = handle.address();
  }

  /** With the lock. */
  static AddressHandle create(ProtectionDomain domain, AddressVector vector) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = ibv_ah_attr.allocate(arena);
      vector.fill(attr);
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment handle = ErrnoCalls.createAh(capture, domain.handle, attr);
      if (handle.address() == 0) {
        throw VerbsException.of("ibv_create_ah", vector.toString(), ErrnoCalls.errno(capture));
      }
      return new AddressHandle(domain, handle, vector);
    }
  }

  /**
   * The domain whose queue pairs the handle serves.
   *
   * @return the owner
   */
  public ProtectionDomain domain() {
    return domain;
  }

  /**
   * The way that the handle stands for.
   *
   * @return what it was created with
   */
  public AddressVector vector() {
    return vector;
  }

  /** The library reads the C object while it posts a send that names it. */
  @Override
  UseGuard[] users() {
    return domain.postingGuards();
  }

  @Override
  @Nullable VerbsException destroy() {
    return destroyed("ibv_destroy_ah", Verbs.ibv_destroy_ah(handle));
  }

  @Override
  String description() {
    return "the address handle to "
        + (vector.global() ? vector.gid().toString() : "LID " + vector.lid())
        + " on "
        + domain.context().device().name();
  }
}
