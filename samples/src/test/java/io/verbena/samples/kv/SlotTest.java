package io.verbena.samples.kv;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A copy of a place shows whether it is what was written at one time. */
class SlotTest {
  private static final byte[] KEY = "key".getBytes(UTF_8);

  private final MemorySegment slot = Arena.ofAuto().allocate(Slot.BYTES, Long.BYTES);

  private static byte[] value(int content, int length) {
    var value = new byte[length];
    Arrays.fill(value, (byte) content);
    return value;
  }

  private static MemorySegment copy(MemorySegment original) {
    return Arena.ofAuto().allocate(Slot.BYTES, Long.BYTES).copyFrom(original);
  }

  @Test
  void shouldGiveBackWhatWasWritten() {
    for (int length : new int[] {0, 1, 100, Slot.BYTES - 16 - KEY.length}) {
      assertTrue(Slot.fits(KEY, value(1, length)));
      Slot.write(slot, KEY, value(1, length));
      assertTrue(Slot.isWhole(slot));
      assertTrue(Slot.holds(slot, KEY));
      assertArrayEquals(value(1, length), Slot.value(slot));
    }
    assertFalse(Slot.fits(KEY, value(1, Slot.BYTES - 16 - KEY.length + 1)));
    Slot.clear(slot);
    assertTrue(Slot.isWhole(slot));
    assertFalse(Slot.holds(slot, KEY));
  }

  @Test
  void shouldSeeThatACopyIsMixedOfTwoWhereverItIsCut() {
    Slot.write(slot, KEY, value(1, 100));
    MemorySegment before = copy(slot);
    Slot.write(slot, KEY, value(2, 100));
    int end = 16 + KEY.length + 100;
    for (int cut = 1; cut < end; cut++) {
      for (boolean newFirst : new boolean[] {true, false}) {
        MemorySegment mixed = copy(newFirst ? slot : before);
        MemorySegment other = newFirst ? before : slot;
        MemorySegment.copy(other, cut, mixed, cut, end - cut);
        // The first seven bytes of the two versions are the same.
        boolean same = mixed.mismatch(before) < 0 || mixed.mismatch(slot) < 0;
        assertTrue(same || !Slot.isWhole(mixed), "cut at " + cut);
      }
    }
  }

  @Test
  void shouldNotTakeAPlaceThatIsBeingWritten() {
    Slot.write(slot, KEY, value(1, 100));
    slot.set(ValueLayout.JAVA_BYTE, 7, (byte) (slot.get(ValueLayout.JAVA_BYTE, 7) + 1));
    assertFalse(Slot.isWhole(slot));
  }

  @Test
  void shouldNotBelieveLengthsBeyondThePlace() {
    Slot.write(slot, KEY, value(1, 100));
    slot.set(ValueLayout.JAVA_SHORT_UNALIGNED, 14, (short) -1);
    assertFalse(Slot.isWhole(slot));
  }
}
