package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.rdmacm.PrivateData.Carrier;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PrivateDataTest {
  private static PrivateData padded(PrivateData sent, int room) {
    return PrivateData.raw(Arrays.copyOf(sent.bytes(), room));
  }

  @Test
  void shouldRestoreWhatWasSentFromPaddedBytes() {
    for (int length : new int[] {0, 1, 52, 128, 192}) {
      byte[] content = new byte[length];
      Arrays.fill(content, (byte) (length == 1 ? 0 : -1));
      PrivateData sent = PrivateData.sized(content);
      assertEquals(length + 4, sent.length());
      assertArrayEquals(content, padded(sent, 196).content().orElseThrow());
    }
  }

  @Test
  void shouldNotMistakeForeignBytesForSizedOnes() {
    assertTrue(PrivateData.none().content().isEmpty());
    assertTrue(PrivateData.raw((byte) 'V', (byte) 'P').content().isEmpty());
    assertTrue(padded(PrivateData.raw(), 56).content().isEmpty());
    assertTrue(padded(PrivateData.raw((byte) 'V', (byte) 'P', (byte) 9), 56).content().isEmpty());
    byte[] cut = Arrays.copyOf(PrivateData.sized(new byte[20]).bytes(), 23);
    assertTrue(PrivateData.raw(cut).content().isEmpty());
  }

  @Test
  void shouldNotShareItsBytes() {
    byte[] mine = {1, 2, 3};
    PrivateData data = PrivateData.raw(mine);
    mine[0] = 9;
    data.bytes()[1] = 9;
    assertArrayEquals(new byte[] {1, 2, 3}, data.bytes());
    assertEquals(PrivateData.raw(data.bytes()), data);
    assertEquals("010203", data.toString());
  }

  @Test
  void shouldNameTheRoomThatThereIs() {
    PrivateData most = PrivateData.raw(new byte[56]);
    most.requireRoom(Carrier.REQUEST, false);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> PrivateData.raw(new byte[57]).requireRoom(Carrier.REQUEST, false));
    assertTrue(e.getMessage().contains("56") && e.getMessage().contains("57"), e.getMessage());
    PrivateData.raw(new byte[180]).requireRoom(Carrier.REQUEST, true);
    assertThrows(IllegalArgumentException.class, () -> PrivateData.sized(new byte[193]));
  }
}
