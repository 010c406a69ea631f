package io.verbena.memory;

import io.verbena.verbs.Access;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory that peers may read. A program whose limit of locked memory does not allow a single slab
 * still works, over TCP: it gets plain memory. One thread at a time, as pools grow.
 */
final class PeerReadableSource implements SlabSource {
  private static final Logger LOG = LoggerFactory.getLogger(PeerReadableSource.class);

  private final MemoryDomain plain = new MemoryDomain(null);

  private final @Nullable ProtectionDomain protectionDomain;
  private final @Nullable MemoryDomain registered;
  private final int firstSlabBytes;
  private boolean hasRegistered;
  private volatile boolean isRefused;

  /**
   * @param firstSlabBytes if not even this can be registered, nothing will be
   */
  PeerReadableSource(@Nullable ProtectionDomain protectionDomain, int firstSlabBytes) {
    this.firstSlabBytes = firstSlabBytes;
    this.protectionDomain = protectionDomain;
    registered = protectionDomain == null ? null : new MemoryDomain(protectionDomain);
  }

  @Override
  public RegisteredMemory allocate(long bytes) throws IOException {
    MemoryConfig config = MemoryConfig.defaults().withPages(PageKind.TRANSPARENT);
    MemoryDomain domain = registered;
    if (domain == null || isRefused) {
      return plain.allocate(bytes, config);
    }
    try {
      RegisteredMemory memory =
          domain.allocate(bytes, config, Access.LOCAL_WRITE, Access.REMOTE_READ);
      hasRegistered = true;
      return memory;
    } catch (VerbsException e) {
      // Where nobody has a lane, nobody hears of an adapter's end but who asks.
      if (isAnswering()
          && (hasRegistered || (bytes > firstSlabBytes && canRegister(domain, config)))) {
        throw e;
      }
      isRefused = true;
      LOG.warn("Messages are in plain memory, which no adapter reaches", e);
      return plain.allocate(bytes, config);
    }
  }

  private boolean isAnswering() {
    return protectionDomain != null && protectionDomain.context().isAnswering();
  }

  /** From now on memory is plain. */
  void stopRegistering() {
    isRefused = true;
  }

  /** Whether less can be registered: then it was too much, and smaller buffers are reachable. */
  private boolean canRegister(MemoryDomain domain, MemoryConfig config) throws IOException {
    try {
      domain.allocate(firstSlabBytes, config, Access.LOCAL_WRITE, Access.REMOTE_READ).close();
      return true;
    } catch (VerbsException e) {
      return false;
    }
  }
}
