package io.verbena.memory;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.PlatformDependent;

/** What {@link RegisteredByteBufTest} runs in a JVM whose Netty may use {@code Unsafe}. */
final class RawStoreProgram {
  private RawStoreProgram() {}

  public static void main(String... arguments) {
    if (!PlatformDependent.hasUnsafe()) {
      throw new IllegalStateException(
          "Netty does not use Unsafe", PlatformDependent.getUnsafeUnavailabilityCause());
    }
    var domain = new MemoryDomain(null);
    ByteBuf buffer = new RegisteredByteBufAllocator(domain).directBuffer(Long.BYTES);
    ByteBuf netty = Unpooled.directBuffer(Long.BYTES).writeLong(42);
    domain.close();
    netty.getBytes(0, buffer, 0, Long.BYTES);
    System.out.println("written: " + buffer.getLong(0));
    buffer.release();
    netty.release();
  }
}
