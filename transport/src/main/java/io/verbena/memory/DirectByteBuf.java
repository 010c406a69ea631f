package io.verbena.memory;

import io.netty.buffer.AbstractReferenceCountedByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What all buffers have in common whose memory is in one piece, outside of the Java heap. */
abstract class DirectByteBuf extends AbstractReferenceCountedByteBuf {
  DirectByteBuf() {
    super(0);
  }

  @Override
  public int nioBufferCount() {
    return 1;
  }

  @Override
  public ByteBuffer[] nioBuffers(int index, int length) {
    return new ByteBuffer[] {nioBuffer(index, length)};
  }

  @Override
  public boolean isContiguous() {
    return true;
  }

  @Override
  public boolean isDirect() {
    return true;
  }

  @Override
  public boolean hasArray() {
    return false;
  }

  @Override
  public byte[] array() {
    throw new UnsupportedOperationException("direct buffer");
  }

  @Override
  public int arrayOffset() {
    throw new UnsupportedOperationException("direct buffer");
  }

  @Override
  public boolean hasMemoryAddress() {
    return true;
  }

  @Override
  @Deprecated
  @SuppressWarnings("InlineMeSuggester") // Netty deprecated it, and calls it.
  public ByteOrder order() {
    return ByteOrder.BIG_ENDIAN;
  }
}
