package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.AbstractByteBufTest;
import io.netty.buffer.ByteBuf;
import io.netty.util.ResourceLeakDetector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** Netty's suite over a retained duplicate, the only reference to one of our buffers. */
class NettyDuplicateByteBufTest extends AbstractByteBufTest {
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

  @Override
  protected ByteBuf newBuffer(int length, int maxCapacity) {
    ByteBuf buffer = allocator.directBuffer(length, maxCapacity);
    ByteBuf duplicate = buffer.retainedDuplicate();
    buffer.release();
    assertEquals(1, duplicate.refCnt());
    assertTrue(
        (length == 0 && maxCapacity == 0) || duplicate instanceof RetainedView,
        "counted by itself");
    assertTrue(
        (length == 0 && maxCapacity == 0) || allocator.owns(duplicate), "the memory is ours");
    return duplicate;
  }

  /** While the suite still has a buffer: it releases that one afterwards. */
  @AfterEach
  void close() {
    allocator.close();
  }
}
