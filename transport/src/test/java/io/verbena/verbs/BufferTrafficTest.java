package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.RdmaTest;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.BufferRanges;
import io.verbena.memory.BufferSteps;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.OutOfRegisteredMemoryException;
import io.verbena.memory.RegisteredByteBufAllocator;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bytes that were written into buffers of the registered allocator go to a peer from there. */
@RdmaTest
class BufferTrafficTest {
  private static final String TEXT = "written through a view, read by the adapter";

  private static final int MOST_RANGES = 4;
  private static final int STEPS_FOR_EACH_SEND = 64;
  private static final int MOST_SENT = 4096;
  private static final int MOST_UNDER_WAY = 8;

  /** Makes the bytes of small numbers differ. */
  private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;

  private static final ValueLayout.OfInt BIG_ENDIAN_INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

  private final BufferRanges ranges = new BufferRanges(MOST_RANGES);
  private LoopbackPair pair;
  private MemoryDomain memory;
  private RegisteredByteBufAllocator allocator;

  @BeforeEach
  void open() throws IOException {
    pair =
        new LoopbackPair(config -> config.withSendElements(MOST_RANGES), ConnectOptions.defaults());
    memory = new MemoryDomain(pair.domain);
    allocator =
        new RegisteredByteBufAllocator(
            memory, BufferPoolConfig.defaults().withSlabs(1 << 20, 8 << 20));
  }

  @AfterEach
  void close() {
    allocator.close();
    assertEquals(0, allocator.metrics().registeredBytes());
    memory.close();
    pair.close();
  }

  /** Writes the readable bytes to the peer. */
  private void write(ByteBuf buffer) throws VerbsException {
    post(buffer, pair.right.address());
    LoopbackPair.Done done = pair.leftDone();
    assertTrue(done.succeeded(), done::toString);
  }

  /** One request, whatever the bytes consist of. */
  private void post(ByteBuf buffer, long target) throws VerbsException {
    SendBatch batch = pair.leftPair.sends().signaled();
    int bytes = 0;
    for (int i = 0; i < ranges.count(); i++) {
      MemoryRegion region = ranges.region(i);
      assertNotNull(region, "there is an adapter");
      assertEquals(region.address() + ranges.offset(i), ranges.address(i));
      if (i == 0) {
        batch.write(1, region, ranges.offset(i), ranges.length(i), target, pair.right.rkey());
      } else {
        batch.append(region, ranges.offset(i), ranges.length(i));
      }
      bytes += ranges.length(i);
    }
    assertEquals(buffer.readableBytes(), bytes);
    assertTrue(batch.submit());
  }

  private void assertArrives(ByteBuf buffer) throws VerbsException {
    LoopbackPair.put(pair.right, 0, "?".repeat(TEXT.length()));
    assertTrue(allocator.locate(buffer, ranges));
    write(buffer);
    assertEquals(TEXT, LoopbackPair.get(pair.right, 0, TEXT.length()));
  }

  private ByteBuf text(int before) {
    return allocator
        .directBuffer()
        .writeZero(before)
        .writeBytes(TEXT.getBytes(StandardCharsets.US_ASCII))
        .skipBytes(before);
  }

  @Test
  void shouldSendFromABuffer() throws IOException {
    ByteBuf buffer = text(3);
    assertSame(pair.domain, allocator.regionOf(buffer).domain());
    assertArrives(buffer);
    buffer.release();
  }

  @Test
  void shouldSendFromSlicesAndDuplicates() throws IOException {
    ByteBuf buffer = text(5);
    assertArrives(buffer.slice());
    assertArrives(buffer.duplicate());
    assertArrives(buffer.duplicate().slice());
    ByteBuf retained = buffer.retainedSlice(5, TEXT.length());
    buffer.release();
    assertArrives(retained);
    ByteBuf twice = retained.retainedDuplicate();
    retained.release();
    assertArrives(twice);
    twice.release();
  }

  @Test
  void shouldSendFromReadOnlyViews() throws IOException {
    ByteBuf buffer = text(7);
    assertArrives(buffer.asReadOnly());
    assertArrives(buffer.slice().asReadOnly().slice());
    buffer.release();
  }

  @Test
  void shouldSendFromABufferThatHasGrown() throws IOException {
    ByteBuf buffer = text(0);
    buffer.capacity(100_000);
    assertArrives(buffer);
    buffer.release();
  }

  @Test
  void shouldSendTheComponentsOfAComposite() throws IOException {
    ByteBuf first = text(0);
    ByteBuf second = text(9);
    CompositeByteBuf composite =
        allocator
            .compositeDirectBuffer()
            .addComponents(true, first.slice(0, 10), second.slice(second.readerIndex() + 10, 33));
    assertArrives(composite);
    assertEquals(2, ranges.count());
    assertArrives(composite.slice());
    assertArrives(composite.asReadOnly());
    composite.release();
  }

  @Test
  void shouldSendForeignBuffersAfterCopyingThem() throws IOException {
    ByteBuf foreign = Unpooled.copiedBuffer(TEXT, StandardCharsets.US_ASCII);
    ByteBuf copy = allocator.register(foreign, ranges);
    write(copy);
    assertEquals(TEXT, LoopbackPair.get(pair.right, 0, TEXT.length()));
    assertEquals(1, allocator.metrics().copies());
    copy.release();
  }

  @Test
  void shouldNotSendFromMemoryThatIsNotRegisteredAnyMore() throws IOException {
    ByteBuf buffer = text(0);
    assertTrue(allocator.locate(buffer, ranges));
    MemoryRegion region = ranges.region(0);
    memory.close();
    assertFalse(region.isOpen());
    assertThrows(
        IllegalStateException.class,
        () -> pair.leftPair.sends().send(1, region, ranges.offset(0), ranges.length(0)));
    // The memory itself goes with its last buffer.
    assertEquals((byte) TEXT.charAt(0), buffer.getByte(0));
    buffer.release();
  }

  @Test
  void shouldRefuseAndStayUsableWhenTheDomainIsGone() throws IOException {
    ByteBuf buffer = text(0);
    pair.domain.close();
    assertEquals(TEXT, buffer.toString(StandardCharsets.US_ASCII), "the memory is still there");
    assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(4 << 20));
    buffer.release();
    allocator.directBuffer(100).release();
  }

  /** All but the two numbers at the ends, which other views of the buffer are checked by. */
  private static void fill(ByteBuf view, int number) {
    int end = view.capacity() - Integer.BYTES - Long.BYTES;
    for (int i = Integer.BYTES; i <= Math.min(end, view.readableBytes()); i += Long.BYTES) {
      view.setLong(i, ((long) number << Integer.SIZE) ^ (i * SPREAD));
    }
  }

  @Test
  void shouldHaveNothingInUseAfterAMillionStepsWithSends() throws IOException {
    var steps = new StepsWithSends();
    steps.run();
    assertTrue(steps.sent > 1000, "sent: " + steps.sent);
    assertTrue(steps.awaitedLater > 100, "awaited later: " + steps.awaitedLater);
  }

  /** A request that is under way, and its buffer's number. */
  private record UnderWay(ByteBuf buffer, int number) {}

  private final class StepsWithSends extends BufferSteps {
    private final List<UnderWay> underWay = new ArrayList<>();
    private int uses;
    private int sent;
    private int awaitedLater;

    StepsWithSends() {
      super(memory);
    }

    @Override
    protected void use(ByteBuf buffer, int number) throws IOException {
      // A send takes longer than a hundred other steps.
      if (++uses % STEPS_FOR_EACH_SEND != 0) {
        return;
      }
      ByteBuf view = buffer.duplicate().setIndex(0, Math.min(buffer.capacity(), MOST_SENT));
      if (!locate(view, ranges)) {
        // A composite of composites.
        return;
      }
      sent++;
      // Pieces of a composite may lie on each other: filling one would change another.
      if (buffer.isReadOnly() || ranges.count() > 1 || sent % 2 == 0) {
        send(view, number);
      } else {
        awaitAll();
        sendAndCompare(buffer, view, number);
      }
    }

    /** The next steps release and give back what is not this, while the adapter reads it. */
    private void send(ByteBuf view, int number) throws IOException {
      post(view, pair.right.address() + (long) underWay.size() * MOST_SENT);
      underWay.add(new UnderWay(view.retain(), number));
      if (sent % 4 == 0) {
        trim();
      }
      if (underWay.size() == MOST_UNDER_WAY) {
        awaitAll();
      }
    }

    private void awaitAll() throws IOException {
      for (LoopbackPair.Done done : pair.leftDone(underWay.size())) {
        assertTrue(done.succeeded(), done::toString);
      }
      for (int i = 0; i < underWay.size(); i++) {
        // Of the rest other views may have changed something meanwhile.
        assertEquals(
            underWay.get(i).number, pair.right.memory().get(BIG_ENDIAN_INT, (long) i * MOST_SENT));
        underWay.get(i).buffer.release();
        awaitedLater++;
      }
      underWay.clear();
    }

    @Override
    protected void end() throws IOException {
      awaitAll();
    }

    private void sendAndCompare(ByteBuf buffer, ByteBuf view, int number) throws IOException {
      // Other views have their numbers within what is filled.
      byte[] before = new byte[Math.min(buffer.capacity(), MOST_SENT + 2 * Long.BYTES)];
      buffer.getBytes(0, before);
      fill(view, number);
      MemorySegment arrived = pair.right.memory().asSlice(0, view.readableBytes());
      arrived.fill((byte) ~number);
      write(view);
      assertEquals(number, arrived.get(BIG_ENDIAN_INT, 0));
      assertEquals(-1, arrived.mismatch(MemorySegment.ofBuffer(view.nioBuffer())));
      buffer.setBytes(0, before);
    }
  }
}
