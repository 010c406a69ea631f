package io.verbena.collective.peer;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/** Somebody's memory as the content of a message, until the endpoint has read it. */
final class LentByteBuf extends UnpooledDirectByteBuf {
  private final AtomicInteger lent;

  LentByteBuf(ByteBuffer memory, AtomicInteger lent) {
    super(UnpooledByteBufAllocator.DEFAULT, memory, memory.remaining());
    this.lent = lent;
    lent.getAndIncrement();
  }

  @Override
  protected void deallocate() {
    super.deallocate();
    lent.getAndDecrement();
  }
}
