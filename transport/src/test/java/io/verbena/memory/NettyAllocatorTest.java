package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.AbstractByteBufAllocatorTest;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;

/**
 * Netty's suite for allocators over ours. What a pool has in use is counted in slabs, for heap
 * buffers in the chunks of Netty's pool.
 */
class NettyAllocatorTest extends AbstractByteBufAllocatorTest<RegisteredByteBufAllocator> {
  private static final int NETTY_CHUNK = 4 << 20;

  @Override
  protected RegisteredByteBufAllocator newAllocator(boolean preferDirect) {
    return new RegisteredByteBufAllocator(
        new MemoryDomain(null)::allocate, BufferPoolConfig.defaults(), preferDirect);
  }

  @Override
  protected RegisteredByteBufAllocator newUnpooledAllocator() {
    return newAllocator(false);
  }

  @Override
  protected long expectedUsedMemory(RegisteredByteBufAllocator allocator, int capacity) {
    return BufferPoolConfig.defaults().firstSlabBytes();
  }

  @Override
  protected long expectedUsedMemoryAfterRelease(
      RegisteredByteBufAllocator allocator, int capacity) {
    return BufferPoolConfig.defaults().firstSlabBytes();
  }

  /** The suite expects Netty's classes: ours are asked for instead. */
  @Override
  @Test
  public void testUnsafeHeapBufferAndUnsafeDirectBuffer() {
    RegisteredByteBufAllocator allocator = newAllocator(true);
    ByteBuf direct = allocator.directBuffer();
    assertTrue(allocator.owns(direct));
    direct.release();
    ByteBuf heap = allocator.heapBuffer();
    assertTrue(heap.hasArray());
    heap.release();
  }

  /**
   * The suite expects one chunk size for heap and direct buffers: here heap buffers are Netty's.
   */
  @Override
  @Test
  public void testUsedHeapMemory() {
    RegisteredByteBufAllocator allocator = newAllocator(true);
    assertEquals(0, allocator.metric().usedHeapMemory());
    ByteBuf buffer = allocator.heapBuffer(1024, 4096);
    assertEquals(NETTY_CHUNK, allocator.metric().usedHeapMemory());
    buffer.release();
  }
}
