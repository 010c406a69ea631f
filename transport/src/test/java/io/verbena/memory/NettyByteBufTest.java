package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.AbstractPooledByteBufTest;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Netty's suite for pooled buffers over ours. Two of its tests look into Netty's own class for the
 * block that a buffer has: they are replaced by the same tests with the block's address.
 */
class NettyByteBufTest extends AbstractPooledByteBufTest {
  private static final List<RegisteredByteBufAllocator> USED = new ArrayList<>();

  private final RegisteredByteBufAllocator allocator =
      new RegisteredByteBufAllocator(new MemoryDomain(null));

  @Override
  protected ByteBuf alloc(int length, int maxCapacity) {
    ByteBuf buffer = allocator.directBuffer(length, maxCapacity);
    assertTrue((length == 0 && maxCapacity == 0) || allocator.owns(buffer), "the memory is ours");
    return buffer;
  }

  /** While the suite still has a buffer: it releases that one afterwards. */
  @AfterEach
  void close() {
    allocator.close();
    USED.add(allocator);
  }

  @AfterAll
  static void shouldHaveFreedAllMemory() {
    assertFalse(USED.isEmpty());
    for (RegisteredByteBufAllocator each : USED) {
      assertTrue(each.metrics().registrations() > 0, "the test used the allocator");
      assertEquals(0, each.metrics().registeredBytes());
    }
    USED.clear();
  }

  @Override
  @Test
  public void testMaxFastWritableBytes() {
    ByteBuf buffer = newBuffer(150, 500).writerIndex(100);
    assertEquals(50, buffer.writableBytes());
    assertEquals(400, buffer.maxWritableBytes());
    int block = SizeClasses.bytes(SizeClasses.of(150));
    int fast = block - 100;
    assertEquals(fast, buffer.maxFastWritableBytes());
    long address = buffer.memoryAddress();

    buffer.writeBytes(new byte[fast]);
    assertEquals(address, buffer.memoryAddress());
    assertEquals(0, buffer.maxFastWritableBytes());

    buffer.writeByte(7);
    assertNotEquals(address, buffer.memoryAddress());
    buffer.capacity(500);
    assertEquals(500 - buffer.writerIndex(), buffer.maxFastWritableBytes());
    buffer.release();
  }

  @Override
  @Test
  public void testEnsureWritableDoesntGrowTooMuch() {
    ByteBuf buffer = newBuffer(150, 500).writerIndex(100);
    int fast = buffer.maxFastWritableBytes();
    assertTrue(fast > 50);
    long address = buffer.memoryAddress();
    buffer.ensureWritable(fast);
    assertEquals(address, buffer.memoryAddress());
    assertEquals(100 + fast, buffer.capacity());
    assertEquals(buffer.writableBytes(), buffer.maxFastWritableBytes());
    buffer.release();
  }
}
