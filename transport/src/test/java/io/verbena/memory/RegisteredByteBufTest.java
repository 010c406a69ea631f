package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a buffer is to its user: reused, grown, moved, and left without memory. */
class RegisteredByteBufTest extends SmallAllocator {
  @Test
  void shouldReuseWhatWasReleased() {
    ByteBuf first = allocator.directBuffer(1024);
    long address = first.memoryAddress();
    first.writeLong(1).markReaderIndex().markWriterIndex().release();
    ByteBuf second = allocator.directBuffer(1000, 1010);
    assertEquals(address, second.memoryAddress());
    assertEquals(1010, second.maxCapacity());
    assertEquals(0, second.resetReaderIndex().resetWriterIndex().writerIndex());
    second.release();
    assertThrows(RuntimeException.class, second::release, "released twice");
    assertEquals(0, allocator.metrics().usedBytes());
  }

  @Test
  void shouldNeitherFillNorReadABufferThatWasReleased() {
    ByteBuf buffer = allocator.directBuffer(64).writeZero(64);
    ByteBuf released = allocator.directBuffer(64).writeLong(1);
    released.release();
    assertThrows(
        IllegalReferenceCountException.class, () -> buffer.getBytes(0, released, 0, Long.BYTES));
    assertThrows(
        IllegalReferenceCountException.class, () -> buffer.setBytes(0, released, 0, Long.BYTES));
    assertEquals(0, buffer.getLong(0));
    buffer.release();
  }

  @Test
  void shouldKeepTheBytesWhenABufferGrows() {
    ByteBuf buffer = allocator.directBuffer(8);
    ByteBuf view = buffer.duplicate();
    for (int i = 0; i < 100_000; i++) {
      buffer.writeInt(i);
    }
    view.writerIndex(buffer.writerIndex());
    for (int i = 0; i < 100_000; i++) {
      assertEquals(i, view.readInt());
    }
    buffer.release();
  }

  @Test
  void shouldGiveEveryBufferItsOwnMemory() {
    List<ByteBuf> buffers = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      int length = 1 + i % 3000;
      ByteBuf buffer = allocator.directBuffer(length);
      while (buffer.isWritable()) {
        buffer.writeByte(i);
      }
      buffers.add(buffer);
    }
    for (int i = 0; i < buffers.size(); i++) {
      ByteBuf buffer = buffers.get(i);
      while (buffer.isReadable()) {
        assertEquals((byte) i, buffer.readByte());
      }
      buffer.release();
    }
  }

  @Test
  void shouldLeaveABufferAsItIsWhenItCannotGrow() {
    ByteBuf buffer = allocator.directBuffer(SLAB).writeLong(42);
    broken.set(true);
    assertThrows(OutOfRegisteredMemoryException.class, () -> buffer.capacity(2 * SLAB));
    assertEquals(SLAB, buffer.capacity());
    assertEquals(42, buffer.readLong());
    buffer.release();
  }

  @Test
  void shouldKeepNothingWhenCopyingFails() throws IOException {
    ByteBuf buffer = allocator.directBuffer(SLAB);
    allocator.directBuffer(SLAB, SLAB).release();
    for (RegisteredMemory each : List.copyOf(slabs)) {
      if (each.segment().address() == buffer.memoryAddress()) {
        each.close();
      }
    }
    assertThrows(IllegalStateException.class, () -> buffer.getByte(0), "its memory is gone");
    // In another slab.
    assertThrows(IllegalStateException.class, () -> buffer.copy(0, 100));
    assertEquals(SLAB, allocator.usedBytes());
    assertThrows(IllegalStateException.class, () -> buffer.capacity(2 * SLAB));
    assertEquals(SLAB, allocator.usedBytes());
    assertEquals(SLAB, buffer.capacity());
    buffer.release();
  }

  @Test
  void shouldThrowAndNotCrashWhenTheDomainIsClosedFirst() {
    ByteBuf buffer = allocator.directBuffer(100);
    domain.close();
    assertThrows(IllegalStateException.class, () -> buffer.setLong(0, 1));
    buffer.release();
  }
}
