package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The slot accounting, without a device. */
class WorkRingTest {
  private record Posted(long workId, long id) {}

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 100})
  void shouldAccountForEverySlot(int depth) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    WorkRing ring = new WorkRing(depth, 0xffff);
    ArrayDeque<Posted> outstanding = new ArrayDeque<>();
    for (int step = 0; step < 10_000; step++) {
      if (random.nextBoolean()) {
        int count = 0;
        while (random.nextInt(4) != 0 && ring.hasRoom(count)) {
          long id = random.nextLong();
          outstanding.add(new Posted(ring.assign(count, id, Abi.WR_WRITE), id));
          count++;
        }
        ring.advance(count);
        assertTrue(outstanding.size() <= depth, "seed " + seed);
      } else if (!outstanding.isEmpty()) {
        // Some complete silently, with a later one.
        Posted posted = outstanding.poll();
        while (!outstanding.isEmpty() && random.nextBoolean()) {
          posted = outstanding.poll();
        }
        assertTrue(ring.complete(posted.workId), "seed " + seed);
        assertEquals(posted.id, ring.completedId(), "seed " + seed);
        assertFalse(ring.complete(posted.workId), "twice, seed " + seed);
      }
      assertEquals(depth - outstanding.size(), ring.free(), "seed " + seed);
      assertEquals(outstanding.size() < depth, ring.hasRoom(0), "seed " + seed);
    }
  }

  @Test
  void shouldTakeBackWhatTheDeviceRefused() {
    WorkRing ring = new WorkRing(4, 1);
    long first = ring.assign(0, 10, 0);
    ring.assign(1, 11, 0);
    ring.assign(2, 12, 0);
    ring.advance(3);
    ring.retreat(2);
    assertEquals(11, ring.id(0));
    assertEquals(3, ring.free());
    assertTrue(ring.complete(first));
    assertEquals(10, ring.completedId());
    assertEquals(4, ring.free());
  }

  @Test
  void shouldIgnoreCompletionsOfOthersAndOfBeforeAReset() {
    WorkRing ring = new WorkRing(4, 7);
    WorkRing other = new WorkRing(4, 8);
    long foreign = other.assign(0, 1, 0);
    long own = ring.assign(0, 2, 0);
    ring.advance(1);
    other.advance(1);
    assertFalse(ring.complete(foreign));
    ring.reset(9);
    assertEquals(4, ring.free());
    assertFalse(ring.complete(own));
    long later = ring.assign(0, 3, 0);
    assertFalse(ring.complete(later), "not posted yet");
    ring.advance(1);
    assertTrue(ring.complete(later));
    assertEquals(3, ring.completedId());
  }

  @Test
  void shouldHaveNoRoomWithoutDepth() {
    WorkRing ring = new WorkRing(0, 1);
    assertFalse(ring.hasRoom(0));
    assertEquals(0, ring.free());
  }

  @Test
  void shouldKeepTheKindInTheRequestsNumber() {
    WorkRing ring = new WorkRing(4, 0xffff);
    assertEquals(WorkKind.SEND, WorkRing.kind(ring.assign(0, 1, Abi.WR_SEND_IMMEDIATE)));
    assertEquals(WorkKind.READ, WorkRing.kind(ring.assign(0, 1, Abi.WR_READ | WorkRing.QUIET)));
    assertEquals(WorkKind.FETCH_AND_ADD, WorkRing.kind(ring.assign(0, 1, Abi.WR_FETCH_AND_ADD)));
    assertEquals(WorkKind.RECEIVE, WorkRing.kind(ring.assign(0, 1, WorkRing.RECEIVE)));
  }
}
