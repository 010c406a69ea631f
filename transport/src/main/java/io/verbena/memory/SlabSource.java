package io.verbena.memory;

import java.io.IOException;

/**
 * Where a pool gets its slabs from: see {@link MemoryDomain#allocateSlab}. A pool asks by one
 * thread at a time.
 */
@FunctionalInterface
interface SlabSource {
  /** Allocates page-aligned memory and registers it, if there is an adapter. */
  RegisteredMemory allocate(long bytes) throws IOException;
}
