package io.verbena.memory;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;

/**
 * Netty's pool, for heap buffers. They name it as their allocator, so that what is allocated
 * through them has to be ours.
 */
final class HeapByteBufAllocator extends PooledByteBufAllocator {
  private final RegisteredByteBufAllocator direct;

  HeapByteBufAllocator(RegisteredByteBufAllocator direct, boolean preferDirect) {
    super(
        preferDirect,
        defaultNumHeapArena(),
        0,
        defaultPageSize(),
        defaultMaxOrder(),
        defaultSmallCacheSize(),
        defaultNormalCacheSize(),
        defaultUseCacheForAllThreads());
    this.direct = direct;
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    return direct.newDirectBuffer(initialCapacity, maxCapacity);
  }

  @Override
  public boolean isDirectBufferPooled() {
    return direct.isDirectBufferPooled();
  }
}
