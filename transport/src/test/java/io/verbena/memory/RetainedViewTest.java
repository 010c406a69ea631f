package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ScatteringByteChannel;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RetainedViewTest {
  private static final int MOST_TRIES = 1000;

  private final ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
  private final MemoryDomain domain = new MemoryDomain(null);
  private final RegisteredByteBufAllocator allocator = new RegisteredByteBufAllocator(domain);
  private ByteBuf buffer;

  @BeforeEach
  void allocate() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    buffer = allocator.directBuffer(1000);
    for (int i = 0; i < 250; i++) {
      buffer.writeInt(i);
    }
  }

  @AfterEach
  void shouldHaveReleasedEverything() {
    ResourceLeakDetector.setLevel(level);
    assertEquals(0, allocator.metrics().usedBytes());
    allocator.close();
    domain.close();
  }

  @Test
  void shouldCountItsReferencesForItself() {
    ByteBuf slice = buffer.retainedSlice(40, 100);
    assertInstanceOf(RetainedView.class, slice);
    ByteBuf inner = slice.retainedSlice(8, 4);
    ByteBuf duplicate = inner.retainedDuplicate();
    assertEquals(List.of(2, 2, 2, 1), counts(buffer, slice, inner, duplicate));
    assertFalse(buffer.release());
    assertFalse(slice.release());
    assertFalse(inner.release());
    assertEquals(12, duplicate.getInt(0));
    assertTrue(duplicate.release());
    assertEquals(List.of(0, 0, 0, 0), counts(buffer, slice, inner, duplicate));
  }

  private static List<Integer> counts(ByteBuf... buffers) {
    return java.util.Arrays.stream(buffers).map(ByteBuf::refCnt).toList();
  }

  @Test
  void shouldCountWithViewsThatAreNotRetained() {
    ByteBuf slice = buffer.retainedSlice(40, 100);
    buffer.release();
    ByteBuf plain = slice.slice(4, 8).duplicate().asReadOnly();
    assertEquals(11, plain.getInt(0));
    assertEquals(1, plain.refCnt());
    plain.retain();
    assertEquals(2, slice.refCnt());
    plain.release();
    assertTrue(plain.release());
  }

  @Test
  void shouldBeUsedAgainOnThreadsOfNetty() throws Exception {
    var reuse = new FutureTask<>(this::reuse, null);
    new FastThreadLocalThread(reuse).start();
    reuse.get(20, TimeUnit.SECONDS);
  }

  @SuppressWarnings("ReferenceEquality") // Equal buffers have equal bytes.
  private void reuse() {
    ByteBuf first = null;
    ByteBuf second = buffer.retainedDuplicate();
    // Netty's recycler does not take the first ones.
    for (int i = 0; i < MOST_TRIES && second != first; i++) {
      second.release();
      first = buffer.retainedSlice(4, 8);
      first.readInt();
      first.markReaderIndex().markWriterIndex();
      first.release();
      second = buffer.retainedDuplicate();
    }
    assertSame(first, second);
    assertEquals(1000, second.readableBytes());
    assertEquals(buffer.maxCapacity(), second.maxCapacity());
    assertEquals(0, second.resetReaderIndex().resetWriterIndex().writerIndex());
    ByteBuf third = buffer.retainedSlice();
    assertNotSame(second, third);
    third.release();
    second.release();
    buffer.release();
  }

  @Test
  void shouldFollowABufferThatGrows() {
    ByteBuf slice = buffer.retainedSlice(40, 100);
    ByteBuf duplicate = buffer.retainedDuplicate();
    long before = buffer.memoryAddress();
    duplicate.capacity(100_000);
    assertNotEquals(before, buffer.memoryAddress());
    assertEquals(buffer.memoryAddress() + 40, slice.memoryAddress());
    slice.setInt(0, -1);
    assertEquals(-1, buffer.getInt(40));
    assertEquals(100_000, duplicate.capacity());
    assertThrows(UnsupportedOperationException.class, () -> slice.capacity(200));
    buffer.release();
    slice.release();
    duplicate.release();
  }

  @Test
  void shouldKeepTheOldBlockForWhoHasAnotherReferenceToTheView() {
    ByteBuf view = buffer.retainedDuplicate();
    buffer.release();
    ByteBuf sent = view.retain();
    shouldKeepItsBlock(view);
    sent.release();
    assertTrue(view.release());
  }

  @Test
  void shouldKeepTheOldBlockForWhoHasAViewOfTheView() {
    ByteBuf view = buffer.retainedDuplicate();
    buffer.release();
    ByteBuf sent = view.retainedSlice(40, 100);
    shouldKeepItsBlock(view);
    sent.release();
    assertTrue(view.release());
  }

  @Test
  void shouldKeepTheOldBlockForWhoHasTheViewThatItIsOf() {
    ByteBuf sent = buffer.retainedDuplicate();
    buffer.release();
    ByteBuf view = sent.retainedDuplicate();
    shouldKeepItsBlock(view);
    view.release();
    assertTrue(sent.release());
  }

  /** A peer may be reading it, by the address that the buffer had when it was sent. */
  private void shouldKeepItsBlock(ByteBuf view) {
    assertEquals(1, buffer.refCnt());
    long before = view.memoryAddress();
    view.writeBytes(new byte[100_000]);
    assertNotEquals(before, view.memoryAddress());
    // A block that was given back would be the first that this thread gets.
    ByteBuf next = allocator.directBuffer(1000);
    assertNotEquals(before, next.memoryAddress());
    next.release();
  }

  @Test
  void shouldRefuseEverythingAfterItsRelease() {
    ByteBuf slice = buffer.retainedSlice(40, 100);
    slice.release();
    assertThrows(IllegalReferenceCountException.class, slice::release);
    assertThrows(IllegalReferenceCountException.class, slice::retain);
    assertThrows(IllegalReferenceCountException.class, slice::retainedDuplicate);
    assertThrows(IllegalReferenceCountException.class, slice::unwrap);
    assertThrows(IllegalReferenceCountException.class, slice::memoryAddress);
    assertThrows(IllegalReferenceCountException.class, () -> slice.getInt(0));
    assertThrows(IllegalReferenceCountException.class, () -> slice.setBytes(0, new byte[1]));
    assertThrows(IllegalReferenceCountException.class, () -> slice.nioBuffer(0, 1));
    buffer.release();
  }

  @Test
  void shouldNotBeMadeOfWhatIsNotThere() {
    assertThrows(IndexOutOfBoundsException.class, () -> buffer.retainedSlice(990, 11));
    ByteBuf slice = buffer.retainedSlice(40, 100);
    assertThrows(IndexOutOfBoundsException.class, () -> slice.retainedSlice(1, 100));
    assertThrows(IndexOutOfBoundsException.class, () -> slice.getInt(97));
    slice.release();
    assertEquals(1, buffer.refCnt());
    buffer.release();
    assertThrows(IllegalReferenceCountException.class, () -> buffer.retainedSlice(0, 1));
    assertThrows(IllegalReferenceCountException.class, buffer::retainedDuplicate);
  }

  /** As two threads do that each read from a connection into their part of one buffer. */
  @Test
  void shouldBeReadIntoWhileAnotherViewIs() throws IOException {
    ByteBuf first = buffer.retainedSlice(0, 8).clear();
    ByteBuf second = buffer.retainedSlice(8, 8).clear();
    ByteBuf plain = buffer.slice(16, 8).clear();
    first.writeBytes(
        channel(
            1,
            () -> second.writeBytes(channel(2, () -> plain.writeBytes(channel(3, () -> 0), 8)), 8)),
        8);
    assertEquals(
        List.of(0x01010101, 0x02020202, 0x03030303),
        List.of(buffer.getInt(4), buffer.getInt(12), buffer.getInt(20)));
    assertEquals(6, buffer.getInt(24), "and nothing beyond");
    first.release();
    second.release();
    buffer.release();
  }

  /** Gives one byte again and again, after something else has happened. */
  private static ScatteringByteChannel channel(int value, Callable<Integer> meanwhile) {
    return new ScatteringByteChannel() {
      @Override
      public int read(ByteBuffer target) throws IOException {
        try {
          meanwhile.call();
        } catch (Exception e) {
          throw new IOException(e);
        }
        int count = target.remaining();
        while (target.hasRemaining()) {
          target.put((byte) value);
        }
        return count;
      }

      @Override
      public long read(ByteBuffer[] targets) {
        throw new UnsupportedOperationException();
      }

      @Override
      public long read(ByteBuffer[] targets, int offset, int length) {
        throw new UnsupportedOperationException();
      }

      @Override
      public boolean isOpen() {
        return true;
      }

      @Override
      public void close() {}
    };
  }

  @Test
  void shouldBeReleasedByAnotherThread() throws InterruptedException {
    for (int i = 0; i < 1000; i++) {
      ByteBuf slice = buffer.retainedSlice(4 * (i % 200), 8);
      Thread thread =
          Thread.ofVirtual()
              .start(
                  () -> {
                    if (slice.getInt(4) == slice.getInt(0) + 1) {
                      slice.release();
                    }
                  });
      thread.join();
    }
    assertTrue(buffer.release());
  }
}
