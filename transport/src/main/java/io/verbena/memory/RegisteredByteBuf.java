package io.verbena.memory;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.verbs.MemoryRegion;
import org.jspecify.annotations.Nullable;

/**
 * A block of a slab and the object for its users in one: what a {@link BufferPool} keeps, so that
 * allocating costs neither an object nor a search. To grow, a buffer exchanges its block with
 * another buffer's.
 *
 * <p>The fields fill 64 bytes exactly, with the references of a heap below 32 GiB: one more would
 * take 8 bytes of each buffer, most of which are small.
 */
final class RegisteredByteBuf extends SlabByteBuf {
  private final BufferPool pool;
  private Span span;

  private int length;
  private boolean recorded;

  /** Whether the pool keeps blocks that this has grown out of. */
  private boolean outgrown;

  /**
   * Whether views share this count: Netty's leak detector knows no others, and while misuse is
   * looked for they are not used again.
   */
  private boolean watched;

  RegisteredByteBuf(BufferPool pool, Span span, int offset) {
    super(span.slab.bytes, offset);
    this.pool = pool;
    this.span = span;
  }

  /**
   * This block with a fresh object, for its next user: whoever still has the old object, of a
   * buffer that was released, finds it so.
   */
  RegisteredByteBuf renewed() {
    return new RegisteredByteBuf(pool, span, offset());
  }

  /**
   * Makes it a new buffer for its next user.
   *
   * @param recording whether misuse is looked for
   */
  void open(int capacity, int maxCapacity, boolean recording) {
    length = capacity;
    watched = recording;
    maxCapacity(maxCapacity);
    setIndex(0, 0);
    markReaderIndex();
    markWriterIndex();
    resetRefCnt();
    if (recording) {
      record();
    }
  }

  private void record() {
    recorded = true;
    pool.holders.add(memoryAddress(), length);
  }

  void watch() {
    watched = true;
  }

  Span span() {
    return span;
  }

  int sizeClass() {
    return span.sizeClass;
  }

  BufferPool pool() {
    return pool;
  }

  @Nullable MemoryRegion region() {
    return span.region;
  }

  @Override
  public int capacity() {
    return length;
  }

  @Override
  public int maxFastWritableBytes() {
    return Math.min(span.blockBytes(), maxCapacity()) - writerIndex();
  }

  @Override
  public ByteBuf capacity(int newCapacity) {
    return resize(newCapacity, refCnt() > 1);
  }

  /**
   * Changes its length.
   *
   * @param shared whether somebody else may use the memory as well: then a block that it grows out
   *     of stays taken as long as this
   */
  ByteBuf resize(int newCapacity, boolean shared) {
    checkNewCapacity(newCapacity);
    if (newCapacity > span.blockBytes()) {
      move(newCapacity, shared);
    }
    boolean shorter = newCapacity < length;
    length = newCapacity;
    if (shorter) {
      trimIndicesToCapacity(newCapacity);
    }
    return this;
  }

  private void move(int newCapacity, boolean shared) {
    RegisteredByteBuf other = pool.take(newCapacity);
    boolean recording = Holders.areWanted();
    if (recording) {
      other = other.renewed();
    }
    other.open(newCapacity, newCapacity, recording);
    try {
      other.setBytes(0, this, 0, length);
    } catch (RuntimeException e) {
      other.release();
      throw e;
    }
    if (recorded) {
      pool.holders.remove(memoryAddress());
    }
    long before = address();
    exchangeMemory(other);
    Span otherSpan = other.span;
    other.span = span;
    span = otherSpan;
    recorded = other.recorded;
    other.recorded = false;
    if (outgrown || shared) {
      outgrown = true;
      pool.outgrown.keep(other, before, address());
    } else {
      other.release();
    }
  }

  @Override
  public ByteBuf retainedSlice() {
    return retainedSlice(readerIndex(), readableBytes());
  }

  @Override
  public ByteBuf retainedSlice(int index, int partLength) {
    if (watched) {
      return super.retainedSlice(index, partLength);
    }
    checkIndex(index, partLength);
    return RetainedView.slice(this, this, index, partLength);
  }

  @Override
  public ByteBuf retainedDuplicate() {
    return watched ? super.retainedDuplicate() : RetainedView.duplicate(this, this);
  }

  @Override
  protected void deallocate() {
    if (recorded) {
      recorded = false;
      pool.holders.remove(address());
    }
    if (outgrown) {
      outgrown = false;
      pool.outgrown.release(address());
    }
    pool.give(this);
  }

  @Override
  public ByteBufAllocator alloc() {
    return pool.allocator;
  }

  private long address() {
    return span.slab.address + offset();
  }

  @Override
  public long memoryAddress() {
    ensureAccessible();
    return address();
  }
}
