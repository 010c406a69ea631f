package io.verbena.memory;

import java.io.IOException;

/** Where a pool gets its slabs from: see {@link MemoryDomain#allocate}. */
@FunctionalInterface
interface SlabSource {
  /** Allocates page-aligned memory and registers it, if there is an adapter. */
  RegisteredMemory allocate(long bytes) throws IOException;
}
