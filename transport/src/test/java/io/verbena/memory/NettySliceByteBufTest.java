package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.SlicedByteBufTest;
import io.netty.util.ResourceLeakDetector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/**
 * Netty's suite for slices over a retained slice of one of our buffers, which holds the only
 * reference to it.
 */
class NettySliceByteBufTest extends SlicedByteBufTest {
  private final RegisteredByteBufAllocator allocator =
      new RegisteredByteBufAllocator(new MemoryDomain(null));

  private static ResourceLeakDetector.Level level;

  /** Views of buffers that the leak detector watches are Netty's. */
  @BeforeAll
  static void watchNothing() {
    level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  @AfterAll
  static void watchAgain() {
    ResourceLeakDetector.setLevel(level);
  }

  /** The suite gives the memory of its own buffer: the slice's content is what it had. */
  @Override
  protected ByteBuf newSlice(ByteBuf content, int offset, int length) {
    ByteBuf buffer = allocator.directBuffer(content.capacity(), content.maxCapacity());
    buffer.setBytes(0, content, 0, content.capacity());
    int capacity = content.capacity();
    content.release();
    ByteBuf slice = buffer.retainedSlice(offset, length);
    assertTrue(slice instanceof RetainedView, "counted by itself");
    assertTrue(capacity == 0 || allocator.owns(slice), "the memory is ours");
    buffer.release();
    assertEquals(1, slice.refCnt());
    return slice;
  }

  /** While the suite still has a buffer: it releases that one afterwards. */
  @AfterEach
  void close() {
    allocator.close();
  }
}
