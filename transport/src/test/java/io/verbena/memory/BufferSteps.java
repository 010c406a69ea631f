package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
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
    assertTrue(refusals > 0, "the ceiling was reached");
    assertEquals(0, allocator.metrics().usedBytes());
    allocator.close();
    assertEquals(0, allocator.metrics().registeredBytes());
    assertEquals(0, allocator.metrics().cachedBytes());
  }

  private void step() throws IOException {
    int dice = random.nextInt(1000);
    if (held.isEmpty() || (dice < 480 && held.size() < MOST_HELD)) {
      allocate();
    } else if (dice < 520) {
      view();
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

  private void view() {
    Held each = any();
    var view =
        new Held(
            random.nextBoolean() ? slice(each.buffer) : each.buffer.retainedDuplicate(),
            each.number);
    view.mark();
    held.add(view);
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
    // A view has its own length and would look for the number elsewhere.
    if (each.buffer.refCnt() > 1 || each.buffer.unwrap() != null) {
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
