package io.verbena.lane.rdma;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How much memory is registered at a time, while all lanes wait. */
class LaneMemoryTest {
  private static final int DEPTH = 128;
  private static final long MOST_BYTES = 32 << 20;

  @ParameterizedTest
  @ValueSource(ints = {4, 32, 100, 1024})
  void shouldBoundAGroupByItsMemory(int window) {
    int receives = window + LaneGroup.UNCREDITED;
    int lanes = LaneMemory.mostLanes(receives, DEPTH);
    long bytes = (long) lanes * (receives * LaneMemory.SLOT_BYTES + DEPTH * Long.BYTES);
    assertTrue(bytes <= MOST_BYTES, lanes + " lanes take " + bytes);
    assertTrue(bytes >= MOST_BYTES / 2, lanes + " lanes take only " + bytes);
  }

  @Test
  void shouldHaveRoomForOneLaneWhateverItTakes() {
    assertEquals(1, LaneMemory.mostLanes(1 << 16, DEPTH));
  }
}
