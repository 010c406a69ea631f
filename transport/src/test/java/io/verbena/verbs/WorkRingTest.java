package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The slot accounting, without a device. */
class WorkRingTest {
  private static final int ROUNDS = 20_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

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
    ring.reset(9, new CompletionRoom(8));
    assertEquals(4, ring.free());
    assertFalse(ring.complete(own));
    long later = ring.assign(0, 3, 0);
    assertFalse(ring.complete(later), "not posted yet");
    ring.advance(1);
    assertTrue(ring.complete(later));
    assertEquals(3, ring.completedId());
  }

  @Test
  void shouldWithholdSlotsUntilWhatAResetLeftIsPolled() {
    CompletionRoom room = new CompletionRoom(4);
    room.reserve(4, 0);
    WorkRing ring = new WorkRing(4, 1);
    ring.assign(0, 1, 0);
    ring.assign(1, 2, 0);
    ring.advance(2);
    long before = room.left();
    ring.reset(2, room);
    assertEquals(2, ring.free());
    assertTrue(ring.hasRoom(1));
    assertFalse(ring.hasRoom(2));
    ring.assign(0, 3, 0);
    ring.advance(1);
    ring.reset(3, room);
    assertEquals(1, ring.free());
    room.foundEmpty(before);
    assertEquals(1, ring.free(), "that poll had begun before the resets");
    room.foundEmpty(room.left());
    assertEquals(4, ring.free());
    assertTrue(ring.hasRoom(3));
    assertEquals(4, room.needed());
  }

  @Test
  void shouldWithholdNothingIfTheCompletionQueueHasRoom() {
    CompletionRoom room = new CompletionRoom(8);
    room.reserve(4, 0);
    WorkRing ring = new WorkRing(4, 1);
    ring.assign(0, 1, 0);
    ring.advance(1);
    ring.reset(2, room);
    assertEquals(4, ring.free());
    assertEquals(5, room.needed());
  }

  @Test
  void shouldKnowWhichRequestsHaveSucceeded() {
    CompletionRoom room = new CompletionRoom(64);
    WorkRing ring = new WorkRing(4, 1);
    long[] ids = new long[4];
    for (int i = 0; i < 4; i++) {
      ids[i] = ring.assign(i, i, 0);
    }
    ring.advance(4);
    assertFalse(ring.hasSucceeded(0));
    assertTrue(ring.complete(ids[1]));
    assertTrue(ring.hasSucceeded(0));
    assertTrue(ring.completeFailed(ids[2]));
    assertFalse(ring.hasSucceeded(2));
    assertTrue(ring.mayHaveFailed(2));
    assertFalse(ring.mayHaveFailed(1));
    assertFalse(ring.mayHaveFailed(3), "it is not over");
    assertTrue(ring.complete(ids[3]), "flushed without saying so cannot be, but to be sure");
    assertFalse(ring.hasSucceeded(3));
    assertTrue(ring.hasSucceeded(1));
    ring.reset(2, room);
    long later = ring.assign(0, 9, 0);
    ring.assign(1, 10, 0);
    ring.advance(2);
    assertTrue(ring.complete(later));
    assertTrue(ring.hasSucceeded(4));
    ring.reset(3, room);
    assertFalse(ring.hasSucceeded(5), "lost in the reset");
    assertTrue(ring.mayHaveFailed(5));
    assertTrue(ring.isCurrent(ring.assign(0, 1, 0)));
    assertFalse(ring.isCurrent(later));
  }

  /**
   * Posts as many requests; the first ones succeed, then some fail, then a reset drops the rest.
   */
  private static void epoch(WorkRing ring, int tag, int succeeding, int failing, int dropped) {
    long[] ids = new long[succeeding + failing + dropped];
    for (int i = 0; i < ids.length; i++) {
      assertTrue(ring.hasRoom(i));
      ids[i] = ring.assign(i, i, 0);
    }
    ring.advance(ids.length);
    for (int i = 0; i < succeeding; i++) {
      assertTrue(ring.complete(ids[i]));
    }
    for (int i = succeeding; i < succeeding + failing; i++) {
      assertTrue(ring.completeFailed(ids[i]));
    }
    ring.reset(tag, new CompletionRoom(64));
  }

  private static void shouldHaveSucceeded(WorkRing ring, long first, long end) {
    for (long request = first; request < end; request++) {
      assertTrue(ring.hasSucceeded(request), "request " + request);
      assertFalse(ring.mayHaveFailed(request), "request " + request);
    }
  }

  private static void shouldHaveFailed(WorkRing ring, long first, long end) {
    for (long request = first; request < end; request++) {
      assertFalse(ring.hasSucceeded(request), "request " + request);
      assertTrue(ring.mayHaveFailed(request), "request " + request);
    }
  }

  @Test
  void shouldRememberSuccessesOverAnyReset() {
    WorkRing ring = new WorkRing(8, 1);
    epoch(ring, 2, 1, 0, 2);
    epoch(ring, 3, 2, 0, 0);
    epoch(ring, 4, 2, 1, 1);
    epoch(ring, 5, 1, 2, 0);
    long failed = ring.nextSequence();
    long first = ring.assign(0, 1, 0);
    long second = ring.assign(1, 2, 0);
    ring.advance(2);
    assertTrue(ring.complete(first));
    assertTrue(ring.completeFailed(second));
    for (int more = 0; more < 2; more++) {
      shouldHaveSucceeded(ring, 0, 1);
      shouldHaveFailed(ring, 1, 3);
      shouldHaveSucceeded(ring, 3, 7);
      shouldHaveFailed(ring, 7, 9);
      shouldHaveSucceeded(ring, 9, 10);
      shouldHaveFailed(ring, 10, 12);
      shouldHaveSucceeded(ring, failed, failed + 1);
      shouldHaveFailed(ring, failed + 1, failed + 2);
      ring.reset(6 + more, new CompletionRoom(64));
    }
  }

  @Test
  void shouldTakeNothingThatWasLostForASuccessAfterManyResets() {
    WorkRing ring = new WorkRing(8, 1);
    long rounds = 3L * RequestRanges.MOST;
    for (long round = 0; round < rounds; round++) {
      epoch(ring, (int) round + 2, 1, 1, 1);
    }
    for (long round = 0; round < rounds; round++) {
      shouldHaveFailed(ring, 3 * round + 1, 3 * round + 3);
    }
    // The oldest may be forgotten, but not the latest.
    for (long round = rounds - RequestRanges.MOST + 1; round < rounds; round++) {
      shouldHaveSucceeded(ring, 3 * round, 3 * round + 1);
    }
  }

  /** Polls what the test posts, and resets meanwhile, four requests a round. */
  private static final class Poller implements Callable<Integer> {
    final WorkRing ring = new WorkRing(4, 0);
    final long[] workIds = new long[4];
    final AtomicInteger begun = new AtomicInteger();
    final AtomicInteger ended = new AtomicInteger();
    private final boolean failing;

    Poller(boolean failing) {
      this.failing = failing;
    }

    @Override
    public Integer call() {
      int count = 0;
      for (int round = 1; round <= ROUNDS; round++) {
        await(begun, round);
        for (int i = 0; i < 4; i++) {
          if (failing ? ring.completeFailed(workIds[i]) : ring.complete(workIds[i])) {
            assertEquals(round * 4L + i, ring.completedId(), "of another request");
            count++;
          }
        }
        ended.set(round);
      }
      return count;
    }

    /** Both go on within nanoseconds; a parked thread would come much too late. */
    static void await(AtomicInteger counter, int round) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      for (int spins = 0; counter.get() < round; spins++) {
        if (spins < 10_000) {
          Thread.onSpinWait();
        } else {
          LockSupport.parkNanos(10_000);
          assertTrue(System.nanoTime() < deadline, "the other thread is not there");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldForgetEverythingInAResetBesideAPoll(boolean failing) throws Exception {
    Poller poller = new Poller(failing);
    WorkRing ring = poller.ring;
    CompletionRoom room = new CompletionRoom(Integer.MAX_VALUE >> 1);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<Integer> completed = thread.submit(poller);
      for (int round = 1; round <= ROUNDS; round++) {
        for (int i = 0; i < 4; i++) {
          poller.workIds[i] = ring.assign(i, round * 4L + i, 0);
        }
        ring.advance(4);
        poller.begun.set(round);
        for (int spins = round % 16; spins > 0; spins--) {
          Thread.onSpinWait();
        }
        ring.reset(round & 0xffff, room);
        // Somebody begins to post at once.
        for (int i = 0; i < 4; i++) {
          assertTrue(ring.hasRoom(i));
          ring.assign(i, -1, 0);
        }
        Poller.await(poller.ended, round);
        assertEquals(0, ring.outstanding(), "in round " + round);
        long next = ring.nextSequence();
        long workId = ring.assign(0, -2, 0);
        ring.advance(1);
        assertTrue(ring.complete(workId));
        assertTrue(ring.hasSucceeded(next), "in round " + round);
        assertFalse(ring.mayHaveFailed(next));
      }
      int count = completed.get();
      assertTrue(count > 0 && count < 4 * ROUNDS, "no race: " + count + " were completed");
    } finally {
      poller.begun.set(Integer.MAX_VALUE);
      thread.shutdown();
    }
  }

  @Test
  void shouldRememberNumbersUntilTheQueueIsEmpty() {
    CompletionRoom room = new CompletionRoom(8);
    Leftovers leftovers = new Leftovers();
    leftovers.add(17, room.leave(0));
    assertTrue(leftovers.contains(17, room));
    assertFalse(leftovers.contains(18, room));
    long first = room.left();
    leftovers.add(18, room.leave(3));
    room.foundEmpty(first);
    assertFalse(leftovers.contains(17, room));
    assertTrue(leftovers.contains(18, room));
    assertEquals(3, room.needed());
    room.foundEmpty(room.left());
    assertFalse(leftovers.contains(18, room));
    assertEquals(0, room.needed());
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
