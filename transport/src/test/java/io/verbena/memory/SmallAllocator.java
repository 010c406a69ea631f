package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;

/**
 * An allocator with slabs from 1 to 4 MiB and a ceiling of 16, whose source can be made to fail.
 * What a test allocates it releases.
 */
abstract class SmallAllocator {
  static final int SLAB = 1 << 20;

  final MemoryDomain domain = new MemoryDomain(null);
  private final BufferPoolConfig config =
      BufferPoolConfig.defaults().withSlabs(SLAB, 4 * SLAB).withCeiling(16 * SLAB);
  final List<RegisteredMemory> slabs = new ArrayList<>();
  final AtomicBoolean broken = new AtomicBoolean();
  final RegisteredByteBufAllocator allocator =
      new RegisteredByteBufAllocator(this::slab, config, true);

  private RegisteredMemory slab(long bytes) throws IOException {
    if (broken.get()) {
      throw new IOException("the device is gone");
    }
    RegisteredMemory slab = domain.allocateSlab(bytes);
    slabs.add(slab);
    return slab;
  }

  @AfterEach
  void shouldHaveNothingLeft() {
    allocator.close();
    assertEquals(0, allocator.metrics().usedBytes());
    assertEquals(0, allocator.metrics().registeredBytes());
    domain.close();
  }
}
