package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whose memory a buffer has, and where it lies. */
class RegisteredByteBufAllocatorTest extends SmallAllocator {
  @Test
  void shouldKnowItsBuffersThroughAllViews() {
    ByteBuf buffer = allocator.directBuffer(1000).writeZero(1000);
    ByteBuf other = Unpooled.directBuffer(1000);
    assertAll(
        () -> assertTrue(allocator.owns(buffer)),
        () -> assertTrue(allocator.owns(buffer.slice(10, 20))),
        () -> assertTrue(allocator.owns(buffer.slice(10, 20).slice(1, 2).duplicate())),
        () -> assertTrue(allocator.owns(buffer.duplicate())),
        () -> assertTrue(allocator.owns(buffer.asReadOnly())),
        () -> assertTrue(allocator.owns(Unpooled.wrappedBuffer(buffer.nioBuffer()))),
        () -> assertTrue(allocator.owns(Unpooled.unreleasableBuffer(buffer))),
        () -> assertFalse(allocator.owns(other)),
        () -> assertFalse(allocator.owns(Unpooled.buffer(10))),
        () -> assertNull(allocator.regionOf(buffer), "there is no adapter"));
    ByteBuf retained = buffer.retainedSlice(5, 6);
    assertTrue(allocator.owns(retained));
    retained.release();
    buffer.release();
    other.release();
  }

  /** Of which Netty tells no address, where it does without Unsafe. */
  @Test
  void shouldKnowItsMemoryInReadOnlyBuffersOfOthers() {
    ByteBuf buffer = allocator.directBuffer(1000).writeZero(1000);
    ByteBuf wrapped = Unpooled.wrappedBuffer(buffer.nioBuffer().asReadOnlyBuffer());
    var ranges = new BufferRanges(1);
    assertAll(
        () -> assertTrue(allocator.owns(wrapped)),
        () -> assertTrue(allocator.owns(wrapped.slice(10, 20))),
        () -> assertTrue(allocator.locate(wrapped.slice(10, 20), ranges)),
        () -> assertEquals(buffer.memoryAddress() + 10, ranges.address(0)),
        () -> assertFalse(allocator.owns(Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(8)))),
        () ->
            assertFalse(
                allocator.owns(
                    Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(8).asReadOnlyBuffer()))),
        () ->
            assertFalse(
                allocator.owns(Unpooled.wrappedBuffer(ByteBuffer.allocate(8).asReadOnlyBuffer()))));
    buffer.release();
  }

  @Test
  void shouldNotTakeAnotherAllocatorsBuffersForItsOwn() {
    try (var stranger = new RegisteredByteBufAllocator(domain)) {
      ByteBuf buffer = stranger.directBuffer(64);
      assertFalse(allocator.owns(buffer));
      assertTrue(stranger.owns(buffer));
      buffer.release();
    }
  }

  @Test
  void shouldCopyForeignBuffersAndCountThem() {
    ByteBuf foreign = Unpooled.copiedBuffer(new byte[] {1, 2, 3, 4, 5}).skipBytes(1);
    var ranges = new BufferRanges(4);
    ByteBuf copy = allocator.register(foreign, ranges);
    assertNotSame(foreign, copy);
    assertEquals(0, foreign.refCnt(), "the copy replaces it");
    assertTrue(allocator.owns(copy));
    assertEquals(1, ranges.count());
    assertEquals(copy.memoryAddress(), ranges.address(0));
    assertEquals(4, ranges.length(0));
    assertEquals(Unpooled.wrappedBuffer(new byte[] {2, 3, 4, 5}), copy);
    assertSame(copy, allocator.register(copy, ranges));
    assertEquals(1, allocator.metrics().copies());
    assertEquals(4, allocator.metrics().copiedBytes());
    copy.release();
  }

  @Test
  void shouldLocateThePiecesOfComposites() {
    ByteBuf first = allocator.directBuffer(100).writeZero(100);
    ByteBuf second = allocator.directBuffer(100).writeZero(100);
    CompositeByteBuf composite =
        allocator
            .compositeDirectBuffer()
            .addComponents(true, first.retainedSlice(10, 20), second.retainedSlice(30, 40));
    var ranges = new BufferRanges(2);
    for (ByteBuf each : List.of(composite, composite.duplicate(), composite.asReadOnly())) {
      assertTrue(allocator.locate(each, ranges));
      assertEquals(2, ranges.count());
      assertEquals(first.memoryAddress() + 10, ranges.address(0));
      assertEquals(20, ranges.length(0));
      assertEquals(second.memoryAddress() + 30, ranges.address(1));
      assertEquals(40, ranges.length(1));
    }
    assertTrue(allocator.locate(composite.slice(15, 10), ranges));
    assertEquals(first.memoryAddress() + 25, ranges.address(0));
    assertEquals(5, ranges.length(0));
    assertEquals(second.memoryAddress() + 30, ranges.address(1));
    assertEquals(5, ranges.length(1));

    composite.readerIndex(20);
    assertTrue(allocator.locate(composite, ranges));
    assertEquals(1, ranges.count());
    composite.readerIndex(60);
    assertTrue(allocator.locate(composite, ranges), "no bytes lie anywhere");
    assertEquals(0, ranges.count());

    composite.readerIndex(0).addComponent(true, first.retainedSlice(50, 1));
    assertFalse(allocator.locate(composite, ranges), "there are three pieces");
    first.release();
    second.release();
    ByteBuf copy = allocator.register(composite, ranges);
    assertEquals(1, ranges.count());
    assertEquals(61, ranges.length(0));
    copy.release();
  }

  @Test
  void shouldNotLocateWhatIsPartlyForeign() {
    CompositeByteBuf composite =
        allocator
            .compositeDirectBuffer()
            .addComponents(
                true,
                allocator.directBuffer(8).writeLong(1),
                Unpooled.directBuffer(8).writeLong(2));
    var ranges = new BufferRanges(8);
    assertFalse(allocator.locate(composite, ranges));
    assertFalse(allocator.locate(composite.slice(), ranges));
    assertFalse(allocator.locate(Unpooled.wrappedBuffer(new byte[3]), ranges));
    ByteBuf copy = allocator.register(composite, ranges);
    assertEquals(1, copy.readLong());
    assertEquals(2, copy.readLong());
    copy.release();
  }

  @Test
  void shouldAllocateRegisteredMemoryThroughHeapBuffers() {
    ByteBuf heap = allocator.heapBuffer(100, 1000);
    assertTrue(heap.hasArray());
    for (ByteBuf each :
        List.of(heap.alloc().buffer(8), heap.alloc().ioBuffer(8), heap.alloc().directBuffer(8))) {
      assertTrue(allocator.owns(each));
      each.release();
    }
    heap.release();
  }

  /** A thread may live as long as the program, and open an allocator for each of its tasks. */
  @Test
  @Timeout(60)
  void shouldNotBeKeptByAThreadThatHasUsedIt() throws InterruptedException {
    WeakReference<RegisteredByteBufAllocator> closed = useAndClose();
    while (closed.get() != null) {
      System.gc();
      Thread.sleep(10);
    }
  }

  private WeakReference<RegisteredByteBufAllocator> useAndClose() {
    try (var other = new RegisteredByteBufAllocator(domain)) {
      other.heapBuffer(8).writeLong(1).release();
      other.directBuffer(8).writeLong(1).release();
      other.compositeBuffer().addComponent(true, other.buffer(8).writeLong(1)).release();
      return new WeakReference<>(other);
    }
  }
}
