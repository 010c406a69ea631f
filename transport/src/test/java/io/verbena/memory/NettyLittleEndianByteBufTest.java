package io.verbena.memory;

import io.netty.buffer.ByteBuf;
import java.nio.ByteOrder;

/** Netty's suite over our buffers with their bytes swapped. */
class NettyLittleEndianByteBufTest extends NettyByteBufTest {
  @Override
  @SuppressWarnings("deprecation") // What the suite is about.
  protected ByteBuf alloc(int length, int maxCapacity) {
    return super.alloc(length, maxCapacity).order(ByteOrder.LITTLE_ENDIAN);
  }
}
