package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The slot accounting of shared receives, without a device. */
class SharedSlotsTest {
  private record Posted(long workId, long id) {}

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 100})
  void shouldAccountForEverySlotInAnyOrder(int depth) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    SharedSlots slots = new SharedSlots(depth, 0xffff);
    List<Posted> outstanding = new ArrayList<>();
    for (int step = 0; step < 20_000; step++) {
      if (random.nextBoolean()) {
        List<Posted> batch = new ArrayList<>();
        while (random.nextInt(4) != 0 && slots.hasRoom(batch.size())) {
          long id = random.nextLong();
          batch.add(new Posted(slots.assign(batch.size(), id, 0), id));
        }
        slots.advance(batch.size());
        int refused = random.nextInt(3) == 0 ? random.nextInt(batch.size() + 1) : 0;
        slots.retreat(refused);
        if (refused > 0) {
          assertEquals(batch.get(batch.size() - refused).id, slots.id(0), "seed " + seed);
        }
        outstanding.addAll(batch.subList(0, batch.size() - refused));
      } else if (!outstanding.isEmpty()) {
        Posted posted = outstanding.remove(random.nextInt(outstanding.size()));
        assertTrue(slots.complete(posted.workId), "seed " + seed);
        assertEquals(posted.id, slots.id(posted.workId), "seed " + seed);
        assertFalse(slots.complete(posted.workId), "twice, seed " + seed);
        slots.giveBack(posted.workId);
      }
      assertEquals(depth - outstanding.size(), slots.free(), "seed " + seed);
      assertEquals(outstanding.size() < depth, slots.hasRoom(0), "seed " + seed);
    }
  }

  @Test
  void shouldIgnoreCompletionsOfOthers() {
    SharedSlots slots = new SharedSlots(4, 7);
    SharedSlots other = new SharedSlots(8, 8);
    long foreign = other.assign(0, 1, 0);
    long own = slots.assign(0, 2, 0);
    assertTrue(SharedSlots.owns(own));
    assertFalse(SharedSlots.owns(new WorkRing(1, 7).assign(0, 1, WorkRing.RECEIVE)));
    assertFalse(slots.complete(foreign));
    assertFalse(slots.complete(own), "not posted yet");
    slots.advance(1);
    assertTrue(slots.complete(own));
    assertEquals(7, SharedSlots.tag(own));
  }

  @Test
  void shouldLoseNoSlotBetweenThreads() throws Exception {
    int depth = 64;
    int total = 200_000;
    SharedSlots slots = new SharedSlots(depth, 1);
    BlockingQueue<Posted> wire = new ArrayBlockingQueue<>(depth);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> completers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      completers.add(
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    try {
                      for (Posted next = wire.take(); next.id >= 0; next = wire.take()) {
                        assertTrue(slots.complete(next.workId));
                        assertEquals(next.id, slots.id(next.workId));
                        slots.giveBack(next.workId);
                      }
                    } catch (Throwable e) {
                      failure.set(e);
                    }
                  }));
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    for (long id = 0; id < total && failure.get() == null; ) {
      assertTrue(System.nanoTime() < deadline, "stuck at " + id + ", free " + slots.free());
      if (slots.hasRoom(0)) {
        long workId = slots.assign(0, id, 0);
        slots.advance(1);
        wire.put(new Posted(workId, id++));
      }
    }
    for (Thread _ : completers) {
      wire.put(new Posted(0, -1));
    }
    for (Thread completer : completers) {
      assertTrue(completer.join(java.time.Duration.ofSeconds(20)));
    }
    if (failure.get() != null) {
      throw new AssertionError(failure.get());
    }
    assertEquals(depth, slots.free());
  }
}
