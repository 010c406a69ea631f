package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import io.verbena.ChildJvm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a buffer is to its user: reused, grown, moved, and left without memory. */
class RegisteredByteBufTest extends SmallAllocator {
  private static final int SMALL = 256;

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

  /** A peer's adapter may be reading the slice: to nobody else may its bytes belong. */
  @Test
  void shouldKeepWhatItHasGrownOutOfWhileASliceOfItIsInUse() {
    ByteBuf buffer = allocator.directBuffer(SMALL).writeZero(SMALL);
    Set<Long> left = new HashSet<>();
    ByteBuf slice = buffer.retainedSlice(0, SMALL);
    for (int length = 2 * SMALL; length <= 8 * SMALL; length *= 2) {
      left.add(buffer.memoryAddress());
      buffer.writeZero(length - buffer.readableBytes());
      assertFalse(left.contains(buffer.memoryAddress()), "it has moved");
    }
    assertEquals(3, left.size());
    List<ByteBuf> others = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      ByteBuf other = allocator.directBuffer(SMALL << i % 3);
      assertFalse(left.contains(other.memoryAddress()), "it is still being read");
      others.add(other);
    }
    slice.release();
    others.forEach(ByteBuf::release);
    buffer.release();
    assertEquals(0, allocator.usedBytes());
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
  void shouldStayMemoryWhenTheDomainIsClosedFirst() {
    var owner = new MemoryDomain(null);
    var closing = new RegisteredByteBufAllocator(owner);
    ByteBuf buffer = closing.directBuffer(100);
    closing.directBuffer(100).release();
    owner.close();
    // A block of that size lies in this thread's cache.
    assertThrows(IllegalStateException.class, () -> closing.directBuffer(100));
    assertEquals(42, buffer.setLong(92, 42).getLong(92));
    assertTrue(closing.metrics().registeredBytes() > 0);
    buffer.release();
    assertEquals(0, closing.metrics().registeredBytes());
    assertEquals(0, closing.metrics().usedBytes());
  }

  @Test
  void shouldNotOpenAnAllocatorOfAClosedDomain() {
    var owner = new MemoryDomain(null);
    owner.close();
    var closed = new RegisteredByteBufAllocator(owner);
    assertThrows(IllegalStateException.class, () -> closed.directBuffer(100));
  }

  /** As Netty's own buffers write, if it may: to the address, whatever is there. */
  @Test
  void shouldNotCrashTheJvmWhenTheDomainIsClosedFirst() throws IOException, InterruptedException {
    ChildJvm.Ended ended =
        ChildJvm.run(
            ChildJvm.withFlags(
                List.of("--sun-misc-unsafe-memory-access=allow", "-Dio.netty.noUnsafe=false"),
                RawStoreProgram.class));
    assertEquals(0, ended.status(), ended.said());
    assertTrue(ended.said().contains("written: 42\n"), ended.said());
  }
}
