package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RegisteredByteBufAllocatorTest {
  private static final int SLAB = 1 << 20;

  private final MemoryDomain domain = new MemoryDomain(null);
  private final BufferPoolConfig config =
      BufferPoolConfig.defaults().withSlabs(SLAB, 4 * SLAB).withCeiling(16 * SLAB);
  private final List<RegisteredMemory> slabs = new ArrayList<>();
  private final AtomicBoolean broken = new AtomicBoolean();
  private final RegisteredByteBufAllocator allocator =
      new RegisteredByteBufAllocator(this::slab, config, true);

  private RegisteredMemory slab(long bytes) throws IOException {
    if (broken.get()) {
      throw new IOException("the device is gone");
    }
    RegisteredMemory slab = domain.allocate(bytes);
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
  void shouldRegisterBigBuffersOnTheirOwnAndGiveThemBack() {
    ByteBuf big = allocator.directBuffer(5 * SLAB);
    assertTrue(allocator.owns(big));
    assertTrue(allocator.metrics().registeredBytes() >= 5 * SLAB);
    big.setByte(5 * SLAB - 1, 1);
    big.release();
    assertEquals(0, allocator.metrics().registeredBytes());
  }

  @Test
  void shouldGrowByDoublingUpToTheCeilingAndSayWhatHelps() {
    List<ByteBuf> buffers = new ArrayList<>();
    var refusal =
        assertThrows(
            OutOfRegisteredMemoryException.class,
            () -> {
              for (int i = 0; i < 17; i++) {
                buffers.add(allocator.directBuffer(SLAB));
              }
            });
    assertEquals(16, buffers.size());
    assertEquals(SLAB, refusal.requestedBytes());
    assertEquals(16 * SLAB, refusal.ceilingBytes());
    assertEquals(16 * SLAB, refusal.usedBytes());
    assertEquals(16 * SLAB, refusal.registeredBytes());
    assertTrue(String.valueOf(refusal.getMessage()).contains("raise ceilingBytes"));
    // 1 + 1 + 2 + 4 MiB, then 1 MiB each.
    assertEquals(12, allocator.metrics().registrations());
    assertEquals(1, allocator.metrics().refusals());

    buffers.removeLast().release();
    allocator.directBuffer(SLAB).release();
    buffers.forEach(ByteBuf::release);
    assertEquals(16 * SLAB, allocator.trim());
  }

  @Test
  void shouldUseMemoryThatLiesFreeInOtherSizesBeforeItRefuses() {
    List<ByteBuf> small = new ArrayList<>();
    for (int i = 0; i < 16 * SLAB / 1024; i++) {
      small.add(allocator.directBuffer(1024));
    }
    assertEquals(16 * SLAB, allocator.metrics().registeredBytes());
    assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(64));
    small.forEach(ByteBuf::release);
    ByteBuf big = allocator.directBuffer(SLAB);
    ByteBuf huge = allocator.directBuffer(3 * SLAB);
    big.release();
    huge.release();
  }

  @Test
  void shouldStayUsableWhenRegisteringFails() {
    ByteBuf before = allocator.directBuffer(SLAB);
    broken.set(true);
    var refusal =
        assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(SLAB));
    assertTrue(String.valueOf(refusal.getMessage()).contains("the device is gone"));
    before.release();
    allocator.directBuffer(SLAB).release();
    broken.set(false);
    ByteBuf first = allocator.directBuffer(SLAB);
    ByteBuf second = allocator.directBuffer(SLAB);
    first.release();
    second.release();
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

  @Test
  void shouldNotTellToRaiseTheCeilingWhereThatCannotHelp() {
    var refusal =
        assertThrows(
            OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(Integer.MAX_VALUE));
    String message = String.valueOf(refusal.getMessage());
    assertFalse(message.contains("ceilingBytes"), message);
    assertTrue(message.contains("divide it"), message);
    var tooHigh =
        assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(1 << 30));
    assertTrue(String.valueOf(tooHigh.getMessage()).contains("raise ceilingBytes"));
  }

  @Test
  void shouldCountRefusedGrowthThatDrainingMadeUpFor() {
    List<ByteBuf> small = new ArrayList<>();
    for (int i = 0; i < 16 * SLAB / 1024; i++) {
      small.add(allocator.directBuffer(1024));
    }
    assertEquals(0, allocator.metrics().refusedGrowth());
    small.forEach(ByteBuf::release);
    assertEquals(0, allocator.metrics().refusals());
    // The free blocks are in depots and in this thread's cache, none of this size.
    List<ByteBuf> big = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      big.add(allocator.directBuffer(SLAB));
    }
    assertEquals(0, allocator.metrics().refusals());
    assertNotEquals(0, allocator.metrics().refusedGrowth());
    big.forEach(ByteBuf::release);
  }

  @Test
  void shouldDeferClosingWhileBuffersAreInUse() {
    ByteBuf buffer = allocator.directBuffer(100).writeLong(42);
    allocator.directBuffer(100_000).release();
    allocator.close();
    allocator.close();
    assertTrue(allocator.metrics().registeredBytes() > 0);
    assertEquals(42, buffer.getLong(0));
    assertThrows(IllegalStateException.class, () -> allocator.directBuffer(8));
    assertThrows(IllegalStateException.class, () -> allocator.directBuffer(8 * SLAB));
    buffer.release();
    assertEquals(0, allocator.metrics().registeredBytes());
  }

  @Test
  void shouldThrowAndNotCrashWhenTheDomainIsClosedFirst() {
    ByteBuf buffer = allocator.directBuffer(100);
    domain.close();
    assertThrows(IllegalStateException.class, () -> buffer.setLong(0, 1));
    buffer.release();
  }

  @Test
  void shouldSayWhoHoldsBuffersUnderLeakDetection() {
    Level before = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(Level.PARANOID);
    try {
      ByteBuf buffer = allocator.directBuffer(100);
      ByteBuf grown = allocator.directBuffer(100).capacity(5000);
      String holders = allocator.holders();
      assertTrue(holders.contains("shouldSayWhoHoldsBuffersUnderLeakDetection"), holders);
      assertTrue(allocator.owns(buffer), "through Netty's wrapper");
      ByteBuf retained = buffer.retainedSlice(0, 10);
      retained.release();
      buffer.release();
      grown.release();
      assertFalse(allocator.holders().contains("shouldSay"));
    } finally {
      ResourceLeakDetector.setLevel(before);
    }
  }

  @Test
  void shouldGiveTheMemoryOfEndedThreadsToOthers() throws InterruptedException {
    for (int i = 0; i < 200; i++) {
      Thread thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    List<ByteBuf> buffers = new ArrayList<>();
                    for (int k = 0; k < 100; k++) {
                      buffers.add(allocator.directBuffer(4096));
                    }
                    buffers.forEach(ByteBuf::release);
                  });
      thread.join();
    }
    assertTrue(allocator.metrics().registeredBytes() <= 2 * SLAB);
  }

  @Test
  void shouldServeVirtualThreadsWithoutACacheForEach() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int k = 0; k < 20; k++) {
                      ByteBuf buffer = allocator.directBuffer(1024).writeInt(k);
                      LockSupport.parkNanos(1);
                      assertEquals(k, buffer.readInt());
                      buffer.release();
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(0, allocator.metrics().usedBytes());
    assertTrue(allocator.metrics().registeredBytes() <= 8 * SLAB);
    assertNotEquals(0, allocator.metrics().cachedBytes());
  }

  @Test
  void shouldGiveBackWhatIsFreeInTheCachesOfOtherThreads() throws InterruptedException {
    var released = new AtomicBoolean();
    var again = new AtomicBoolean();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  allocator.directBuffer(4096).release();
                  released.set(true);
                  while (!again.get()) {
                    Thread.onSpinWait();
                  }
                  allocator.directBuffer(4096).release();
                });
    while (!released.get()) {
      Thread.onSpinWait();
    }
    assertNotEquals(0, allocator.metrics().cachedBytes());
    assertEquals(SLAB, allocator.trim());
    assertEquals(0, allocator.metrics().cachedBytes());
    again.set(true);
    thread.join();
    assertTrue(allocator.metrics().cachedBytes() > 0, "the thread fills its cache again");
  }
}
