package io.verbena.lane.rdma;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class AdvertisementTest {
  private static ByteBuffer piece(long address, int length) {
    return ByteBuffer.allocate(Advertisement.PIECE_BYTES)
        .putLong(address)
        .putInt(length)
        .putInt(0x55)
        .flip();
  }

  private static ByteBuffer pieces(int count, int length) {
    ByteBuffer all = ByteBuffer.allocate(count * Advertisement.PIECE_BYTES);
    for (int i = 0; i < count; i++) {
      all.put(piece(0x10_0000, length));
    }
    return all.flip();
  }

  @Test
  void shouldAcceptPiecesThatMakeUpTheMessage() {
    assertTrue(Advertisement.isValid(piece(0x1000, 10), 10));
    assertTrue(Advertisement.isValid(pieces(Advertisement.MOST_PIECES, 3), 48));
    assertTrue(Advertisement.isValid(piece(Long.MAX_VALUE - 10, 10), 10));
  }

  @Test
  void shouldReadFromThePositionOnAndLeaveIt() {
    ByteBuffer later = ByteBuffer.allocate(40).position(24).put(piece(0x1000, 10)).position(24);
    assertTrue(Advertisement.isValid(later, 10));
    assertEquals(24, later.position());
    assertEquals(1, Advertisement.count(later));
    assertEquals(0x1000, Advertisement.address(later, 0));
    assertEquals(10, Advertisement.length(later, 0));
    assertEquals(0x55, Advertisement.key(later, 0));
  }

  @Test
  void shouldRefuseWhatNoPeerOfOursSends() {
    assertFalse(Advertisement.isValid(ByteBuffer.allocate(0), 0), "no piece");
    assertFalse(Advertisement.isValid(ByteBuffer.allocate(15), 0), "half a piece");
    assertFalse(
        Advertisement.isValid(pieces(Advertisement.MOST_PIECES + 1, 1), 17), "too many pieces");
    assertFalse(Advertisement.isValid(piece(0x1000, 0), 0), "an empty piece");
    assertFalse(Advertisement.isValid(piece(0x1000, -1), -1), "a negative piece");
    assertFalse(Advertisement.isValid(piece(0x1000, -1), 0xffff_ffffL), "a huge piece");
    assertFalse(Advertisement.isValid(piece(0, 10), 10), "no address");
    assertFalse(Advertisement.isValid(piece(-5, 10), 10), "an address of the kernel");
    assertFalse(Advertisement.isValid(piece(Long.MAX_VALUE - 9, 10), 10), "beyond the end");
    assertFalse(Advertisement.isValid(piece(0x1000, 10), 11), "too short");
    assertFalse(Advertisement.isValid(pieces(2, Integer.MAX_VALUE), -2), "an overflow");
  }
}
