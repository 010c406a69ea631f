package io.verbena.collective.peer;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Native memory that messages are sent from and received to. Used by one thread at a time.
 *
 * <p>Buffers are what sockets and adapters take; the one of the whole memory is made once.
 */
public final class Region {
  private final MemorySegment segment;
  private @Nullable ByteBuffer whole;

  /**
   * Memory outside of the heap.
   *
   * @throws IllegalArgumentException for memory of the heap
   */
  public Region(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException("memory of the heap cannot be sent from");
    }
    this.segment = segment;
  }

  /** The memory itself. */
  public MemorySegment segment() {
    return segment;
  }

  /** A part of it as a buffer: the caller's until the next call. */
  ByteBuffer view(long offset, int length) {
    if (segment.byteSize() > Integer.MAX_VALUE) {
      return segment.asSlice(offset, length).asByteBuffer();
    }
    ByteBuffer view = whole;
    if (view == null) {
      view = segment.asByteBuffer();
      whole = view;
    }
    return view.limit((int) offset + length).position((int) offset);
  }

  /** The memory as a buffer of the caller's own, if it is not too long for one. */
  @Nullable ByteBuffer buffer() {
    return segment.byteSize() > Integer.MAX_VALUE ? null : segment.asByteBuffer();
  }

  /** A part of it as a buffer that nobody else uses. */
  ByteBuffer slice(long offset, int length) {
    return segment.asSlice(offset, length).asByteBuffer();
  }
}
