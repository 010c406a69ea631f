package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A million random steps with buffers and their views. Each buffer's bytes tell its number, so that
 * memory which two of them share is found.
 */
public class BufferSteps {
  private static final int STEPS = 1_000_000;
  private static final int MOST_HELD = 2000;
  private static final long SEED = 20_251_122;

  /**
   * A reference to a buffer or a view of one, which has the buffer's number in its first bytes and
   * in its last.
   */
  private record Held(ByteBuf buffer, int number) {
    void check() {
      assertEquals(number, buffer.getInt(0));
      assertEquals(number, buffer.getInt(buffer.capacity() - Integer.BYTES));
    }

    void mark() {
      if (buffer.isReadOnly()) {
        return;
      }
      buffer.setInt(0, number);
      buffer.setInt(buffer.capacity() - Integer.BYTES, number);
    }
  }

  private final Random random = new Random(SEED);
  private final MemoryDomain domain;
  private boolean refusing;
  private final RegisteredByteBufAllocator allocator =
      new RegisteredByteBufAllocator(
          this::slab,
          BufferPoolConfig.defaults().withSlabs(1 << 20, 8 << 20).withCeiling(64 << 20),
          true);
  private final List<Held> held = new ArrayList<>();
  private int next;
  private int refusals;

  public BufferSteps(MemoryDomain domain) {
    this.domain = domain;
  }

  /** Does something with a buffer that has its number in its first four bytes. */
  protected void use(ByteBuf buffer, int number) throws IOException {}

  /** Nothing may be in use after this. */
  protected void end() throws IOException {}

  protected final void trim() {
    allocator.trim();
  }

  protected final boolean locate(ByteBuf buffer, BufferRanges into) {
    return allocator.locate(buffer, into);
  }

  private RegisteredMemory slab(long bytes) throws IOException {
    if (refusing) {
      throw new IOException("refused for the test");
    }
    return domain.allocate(bytes);
  }

  /** Ends with nothing in use, or fails. */
  public final void run() throws IOException {
    for (int i = 0; i < STEPS; i++) {
      step();
    }
    while (!held.isEmpty()) {
      release();
    }
    end();
    assertTrue(refusals > 0, "the ceiling was reached");
    assertTrue(allocator.metrics().copies() > 0, "foreign buffers were copied");
    assertEquals(0, allocator.metrics().usedBytes());
    allocator.close();
    assertEquals(0, allocator.metrics().registeredBytes());
    assertEquals(0, allocator.metrics().cachedBytes());
  }

  private void step() throws IOException {
    int dice = random.nextInt(1000);
    if (held.isEmpty() || (dice < 460 && held.size() < MOST_HELD)) {
      allocate();
    } else if (dice < 480 && held.size() < MOST_HELD) {
      copyForeign();
    } else if (dice < 520) {
      share();
    } else if (dice < 540) {
      grow();
    } else if (dice < 995) {
      release();
    } else if (dice < 998) {
      refusing = random.nextBoolean();
    } else {
      allocator.trim();
    }
  }

  private void allocate() throws IOException {
    int bits = random.nextInt(random.nextInt(50) == 0 ? 24 : 14) + 1;
    int length = 2 * Integer.BYTES + random.nextInt(1 << bits);
    try {
      var each = new Held(allocator.directBuffer(length), next++);
      each.mark();
      held.add(each);
    } catch (OutOfRegisteredMemoryException e) {
      refusals++;
      release();
    }
  }

  /** A buffer of Netty's, on the Java heap or beside it. */
  private void copyForeign() throws IOException {
    int length = 2 * Integer.BYTES + random.nextInt(1 << 12);
    ByteBuf foreign =
        random.nextBoolean() ? Unpooled.directBuffer(length) : Unpooled.buffer(length);
    var each = new Held(foreign.writerIndex(length), next++);
    each.mark();
    try {
      held.add(new Held(allocator.register(foreign, new BufferRanges(1)), each.number));
    } catch (OutOfRegisteredMemoryException e) {
      foreign.release();
      refusals++;
      release();
    }
  }

  /** One more reference to what there is. */
  private void share() {
    Held each = any();
    boolean readOnly = each.buffer.isReadOnly();
    ByteBuf shared =
        switch (random.nextInt(readOnly ? 3 : 5)) {
          case 0 -> each.buffer.retain();
          case 1 -> each.buffer.retainedDuplicate();
          case 2 -> each.buffer.retainedDuplicate().asReadOnly();
          case 3 -> slice(each.buffer);
          default -> composite(each.buffer);
        };
    var view = new Held(shared, each.number);
    view.mark();
    held.add(view);
  }

  /** All parts are of one buffer, so that all have its number where they may be changed. */
  private ByteBuf composite(ByteBuf buffer) {
    CompositeByteBuf composite = allocator.compositeDirectBuffer();
    // A part that is not of whole ints would shift those behind it.
    int most =
        buffer.capacity() % Integer.BYTES == 0 || buffer.capacity() > 3 * Integer.BYTES ? 3 : 1;
    for (int parts = 1 + random.nextInt(most); parts > 0; parts--) {
      composite.addComponent(true, slice(buffer));
    }
    return composite;
  }

  /**
   * A part of whole ints before the last one, so that what is written into it changes no bytes of
   * the same number at other places.
   */
  private ByteBuf slice(ByteBuf buffer) {
    int ints = buffer.capacity() / Integer.BYTES - 1;
    if (ints < 2) {
      return buffer.retainedSlice(0, buffer.capacity());
    }
    int first = random.nextInt(ints - 1);
    int count = 2 + random.nextInt(ints - first - 1);
    return buffer.retainedSlice(first * Integer.BYTES, count * Integer.BYTES);
  }

  private void grow() {
    Held each = any();
    // A view has its own length and would look for the number elsewhere; so has a composite.
    if (each.buffer.refCnt() > 1
        || each.buffer.unwrap() != null
        || each.buffer instanceof CompositeByteBuf) {
      return;
    }
    each.check();
    try {
      each.buffer.capacity(2 * Integer.BYTES + random.nextInt(1 << 15));
      assertEquals(each.number, each.buffer.getInt(0));
      each.mark();
    } catch (OutOfRegisteredMemoryException e) {
      refusals++;
      each.check();
    }
  }

  private void release() throws IOException {
    if (held.isEmpty()) {
      return;
    }
    int index = random.nextInt(held.size());
    Held each = held.get(index);
    Held last = held.removeLast();
    if (index < held.size()) {
      held.set(index, last);
    }
    each.check();
    use(each.buffer, each.number);
    each.buffer.release();
  }

  private Held any() {
    return held.get(random.nextInt(held.size()));
  }
}
