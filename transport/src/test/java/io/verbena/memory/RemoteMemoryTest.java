package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RemoteMemoryTest {
  private static final RemoteMemory MEMORY =
      new RemoteMemory(0x7f00_1234_5000L, 8192, 0xcafebabe, -42);

  @Test
  void shouldReadWhatItWrote() {
    ByteBuf buffer = Unpooled.buffer();
    MEMORY.writeTo(buffer.writeByte(1));
    assertEquals(RemoteMemory.ENCODED_BYTES + 1, buffer.readableBytes());
    assertEquals(MEMORY, RemoteMemory.readFrom(buffer.skipBytes(1)));
    assertEquals(0, buffer.readableBytes());
  }

  @Test
  void shouldRefuseWhatIsTooShortAndReadNothing() {
    ByteBuf buffer = Unpooled.buffer();
    MEMORY.writeTo(buffer);
    ByteBuf shorter = buffer.slice(0, RemoteMemory.ENCODED_BYTES - 1);
    assertThrows(IllegalArgumentException.class, () -> RemoteMemory.readFrom(shorter));
    assertEquals(0, shorter.readerIndex());
  }

  @Test
  void shouldNotReadAHandleThatNoGrantHas() {
    ByteBuf buffer = Unpooled.buffer();
    new RemoteMemory(4096, 8, 1, 0).writeTo(buffer);
    assertThrows(IllegalArgumentException.class, () -> RemoteMemory.readFrom(buffer));
    assertEquals(0, buffer.readerIndex());
  }

  @Test
  void shouldRefuseImpossibleRanges() {
    assertThrows(IllegalArgumentException.class, () -> new RemoteMemory(0, -1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new RemoteMemory(-8, 16, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new RemoteMemory(-1, 2, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new RemoteMemory(-16, Long.MAX_VALUE, 0, 0));
  }

  @Test
  void shouldTakeRangesUpToTheEndOfTheAddressSpace() {
    assertEquals(16, new RemoteMemory(-16, 16, 0, 0).length());
    assertEquals(0, new RemoteMemory(-1, 0, 0, 0).length());
    // Zero-based regions, and the middle of the address space, where signed numbers change sides.
    assertEquals(Long.MAX_VALUE, new RemoteMemory(0, Long.MAX_VALUE, 0, 0).length());
    assertEquals(16, new RemoteMemory(Long.MAX_VALUE - 7, 16, 0, 0).length());
  }

  @Test
  void shouldReadAnyBytesAsAPossibleRangeOrRefuseThem() {
    var random = new Random(1);
    int read = 0;
    int refused = 0;
    byte[] bytes = new byte[RemoteMemory.ENCODED_BYTES];
    for (int i = 0; i < 10_000; i++) {
      random.nextBytes(bytes);
      ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
      try {
        RemoteMemory memory = RemoteMemory.readFrom(buffer);
        assertTrue(memory.length() >= 0);
        assertTrue(
            memory.length() == 0
                || Long.compareUnsigned(memory.address() + memory.length() - 1, memory.address())
                    >= 0);
        ByteBuf again = Unpooled.buffer();
        memory.writeTo(again);
        assertEquals(Unpooled.wrappedBuffer(bytes), again);
        read++;
      } catch (IllegalArgumentException e) {
        assertEquals(0, buffer.readerIndex());
        refused++;
      }
    }
    assertTrue(read > 1000 && refused > 1000, read + " read, " + refused + " refused");
  }

  @Test
  void shouldSliceWithinItself() {
    RemoteMemory slice = MEMORY.slice(4096, 100);
    assertEquals(
        new RemoteMemory(MEMORY.address() + 4096, 100, MEMORY.key(), MEMORY.handle()), slice);
    assertEquals(MEMORY.address() + 4196, slice.slice(100, 0).address());
    assertThrows(IndexOutOfBoundsException.class, () -> slice.slice(1, 100));
    assertThrows(IndexOutOfBoundsException.class, () -> MEMORY.slice(-1, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> MEMORY.slice(1, Long.MAX_VALUE));
  }
}
