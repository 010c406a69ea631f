package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.AbstractByteBufAllocatorTest;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;

/**
 * Netty's suite for allocators over ours. What is in use is counted in slabs, of heap buffers in
 * bytes.
 *
 * <p>Of Netty's other suites, {@link NettyByteBufTest} and {@link NettyLittleEndianByteBufTest} run
 * that for pooled buffers, {@link NettySliceByteBufTest} that for slices, and {@link
 * NettyDuplicateByteBufTest} that for any buffer. What does not run over ours, and why:
 *
 * <ul>
 *   <li>{@code PooledByteBufAllocatorTest}, {@code AlignedPooledByteBufAllocatorTest}, {@code
 *       AdaptiveByteBufAllocatorTest}, {@code UnpooledByteBufAllocatorTest} are the suite above for
 *       one class of allocator each, and go on about what only that has: arenas, chunks, caches of
 *       its threads, as do {@code PoolArenaTest}, {@code AdaptivePoolingAllocatorTest}, {@code
 *       SizeClassedChunkCacheTest} and the like. Ours has {@code BufferPoolTest} and {@code
 *       ThreadCachesTest}.
 *   <li>{@code Pooled...}, {@code Adaptive...}, {@code BigEndian...}, {@code LittleEndian...},
 *       {@code Wrapped...}: the suites for buffers that do run, over Netty's own classes. {@code
 *       RetainedSlicedByteBufTest}, {@code DuplicatedByteBufTest} and {@code
 *       RetainedDuplicatedByteBufTest}: the same over its own views; ours are {@link RetainedView}.
 *   <li>{@code AbstractCompositeByteBufTest} and its subclasses, {@code FixedCompositeByteBufTest}:
 *       composites of this allocator are Netty's class. That their parts are found is in {@code
 *       RegisteredByteBufAllocatorTest}.
 *   <li>{@code SimpleLeakAwareByteBufTest}, {@code AdvancedLeakAwareByteBufTest} and those for
 *       composites: about the wrappers, which are Netty's. What they see of ours is in {@code
 *       LeakDetectionTest}.
 *   <li>{@code JfrEventsTest}: events of Netty's pools; ours are in {@code MemoryEventsTest}.
 *   <li>{@code ReadOnly...}, {@code UnreleaseableByteBufTest}, {@code EmptyByteBufTest}, {@code
 *       AbstractReferenceCountedByteBufTest}, {@code ByteBufDerivationTest}, {@code
 *       ConsolidationTest}, {@code ByteBufUtilTest}, {@code UnsafeByteBufUtilTest}, {@code
 *       ByteBufStreamTest}, {@code ByteProcessorTest}, {@code DefaultByteBufHolderTest}, {@code
 *       UnpooledTest}, {@code IntPriorityQueueTest}, {@code search}: about helpers of Netty, over
 *       buffers that they make themselves. They cannot be given others.
 * </ul>
 */
class NettyAllocatorTest extends AbstractByteBufAllocatorTest<RegisteredByteBufAllocator> {
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

  /** The suite looks at heap buffers, which have no chunks here: the same of direct ones. */
  @Override
  @Test
  public void shouldReuseChunks() {
    int length = 1 << 20;
    RegisteredByteBufAllocator allocator = newAllocator(true);
    for (int i = 0; i < 100; i++) {
      assertTrue(allocator.directBuffer(length, length).release());
    }
    assertEquals(1, allocator.metrics().registrations());
  }

  /** The suite expects that heap and direct buffers are counted alike. */
  @Override
  @Test
  public void testUsedHeapMemory() {
    RegisteredByteBufAllocator allocator = newAllocator(true);
    assertEquals(0, allocator.metric().usedHeapMemory());
    ByteBuf buffer = allocator.heapBuffer(1024, 4096);
    assertEquals(1024, allocator.metric().usedHeapMemory());
    buffer.capacity(4096);
    assertEquals(4096, allocator.metric().usedHeapMemory());
    ByteBuf other = allocator.heapBuffer(10);
    assertEquals(4106, allocator.metric().usedHeapMemory());
    buffer.release();
    assertEquals(10, allocator.metric().usedHeapMemory());
    other.release();
    assertEquals(0, allocator.metric().usedHeapMemory());
  }
}
