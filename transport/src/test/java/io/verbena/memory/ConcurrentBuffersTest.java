package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Buffers that are allocated by one thread and released by another, while a third one takes
 * everything out of the caches of both. Each buffer carries a number in its memory: two that had
 * the same block at the same time would find the other's.
 *
 * <p>Together with {@link ThreadCacheRaceTest} this stands for jcstress. That tool enumerates what
 * a few racing accesses to fields may have seen; here only one place has such accesses, and that
 * test runs it alone, in a loop as tight as jcstress' and with an outcome that is checked each
 * time. Everything else is behind locks, where a fault is one of order, not of memory: it takes
 * threads, sizes and ceilings in all combinations to find, which is what this class has.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentBuffersTest {
  /** The number is also here: who finds another one in the memory is not alone in it. */
  private record Numbered(ByteBuf buffer, long number) {}

  private static final long RUN_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int LEAST_DRAINS = 10;
  private static final int LEAST_CHECKED = 10_000;
  private static final int PRODUCERS = 3;
  private static final int CONSUMERS = 3;
  private static final int QUEUE = 512;

  private final MemoryDomain domain = new MemoryDomain(null);
  private final RegisteredByteBufAllocator allocator =
      new RegisteredByteBufAllocator(
          domain, BufferPoolConfig.defaults().withSlabs(1 << 20, 8 << 20).withCeiling(64 << 20));
  private final BlockingQueue<Numbered> queue = new ArrayBlockingQueue<>(QUEUE);
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicLong checked = new AtomicLong();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  @Test
  void shouldNeverGiveOneBlockToTwoUsers() throws InterruptedException {
    run(Thread.ofPlatform());
  }

  @Test
  void shouldNeverGiveOneBlockToTwoVirtualThreads() throws InterruptedException {
    run(Thread.ofVirtual());
  }

  private void run(Thread.Builder builder) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < PRODUCERS; i++) {
      long seed = i;
      threads.add(builder.start(guarded(() -> produce(new Random(seed)))));
    }
    for (int i = 0; i < CONSUMERS; i++) {
      threads.add(builder.start(guarded(this::consume)));
    }
    long start = System.nanoTime();
    int drains = 0;
    // However long it takes on a busy machine: what does not get on at all meets the timeout.
    while (failure.get() == null
        && (System.nanoTime() - start < RUN_NANOS
            || drains < LEAST_DRAINS
            || checked.get() < LEAST_CHECKED)) {
      allocator.trim();
      allocator.metrics();
      drains++;
      Thread.sleep(1);
    }
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    queue.forEach(this::check);
    assertNull(failure.get());
    assertEquals(0, allocator.usedBytes());
    allocator.close();
    assertEquals(0, allocator.metrics().registeredBytes());
  }

  @Test
  void shouldFreeAllMemoryWhenClosedUnderLoad() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < PRODUCERS; i++) {
      long seed = i;
      threads.add(
          Thread.ofPlatform().start(() -> endsBecauseClosed(() -> produce(new Random(seed)))));
      threads.add(Thread.ofPlatform().start(guarded(this::consume)));
    }
    while (checked.get() < 10_000 && failure.get() == null) {
      Thread.sleep(1);
    }
    allocator.close();
    for (Thread thread : threads) {
      if (threads.indexOf(thread) % 2 == 0) {
        thread.join();
      }
    }
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    queue.forEach(this::check);
    assertNull(failure.get());
    assertEquals(0, allocator.usedBytes());
    assertEquals(0, allocator.metrics().registeredBytes());
  }

  @Test
  void shouldKeepTheCeilingWhileManyThreadsReachIt() throws InterruptedException {
    int ceiling = 4 << 20;
    var small =
        new RegisteredByteBufAllocator(
            domain, BufferPoolConfig.defaults().withSlabs(1 << 20, 2 << 20).withCeiling(ceiling));
    var refusals = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < PRODUCERS; i++) {
      long seed = i;
      threads.add(
          Thread.ofPlatform()
              .start(guarded(() -> refusals.addAndGet(fillAgainAndAgain(small, seed)))));
      threads.add(Thread.ofPlatform().start(guarded(this::consume)));
    }
    long start = System.nanoTime();
    long most = 0;
    while (failure.get() == null
        && (System.nanoTime() - start < RUN_NANOS || small.metrics().refusals() < PRODUCERS)) {
      most = Math.max(most, small.metrics().registeredBytes());
      small.trim();
      Thread.sleep(1);
    }
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    queue.forEach(this::check);
    assertNull(failure.get());
    assertTrue(refusals.get() >= PRODUCERS, "the ceiling was reached");
    assertEquals(refusals.get(), small.metrics().refusals());
    assertTrue(most > 0 && most <= ceiling, () -> "registered " + small.metrics());
    assertEquals(0, small.usedBytes());
    // What was refused in the crowd is there when the others are gone, in whatever size.
    small.directBuffer(2 << 20).release();
    small.close();
    assertEquals(0, small.metrics().registeredBytes());
  }

  @Test
  void shouldNotRefuseWhatIsFreeInTheCachesOfOthers() throws InterruptedException {
    // Half of the ceiling is enough for all that is in use at a time, wherever it lies.
    int threadCount = 4;
    int block = 64 << 10;
    int ceiling = 2 * threadCount * block;
    try (var small =
        new RegisteredByteBufAllocator(
            domain, BufferPoolConfig.defaults().withSlabs(ceiling, ceiling).withCeiling(ceiling))) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < threadCount; i++) {
        long seed = i;
        threads.add(Thread.ofPlatform().start(guarded(() -> takeAndGive(small, block, seed))));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertNull(failure.get());
      assertTrue(small.metrics().refusals() == 0, small.metrics()::toString);
      assertTrue(
          small.metrics().refusedGrowth() >= LEAST_DRAINS,
          () -> "there was no need of others' memory: " + small.metrics());
      assertEquals(0, small.usedBytes());
    }
  }

  /**
   * Each time another size: what a thread finds is in the caches of others, in other sizes, and
   * they want it back at once.
   */
  private void takeAndGive(RegisteredByteBufAllocator small, int block, long seed) {
    var random = new Random(seed);
    long start = System.nanoTime();
    while (failure.get() == null
        && (System.nanoTime() - start < RUN_NANOS
            || small.metrics().refusedGrowth() < LEAST_DRAINS)) {
      check(numbered(small.directBuffer(block >> random.nextInt(4))));
    }
  }

  /** Until it is refused: then half of the buffers go to other threads, the others back. */
  private long fillAgainAndAgain(RegisteredByteBufAllocator small, long seed) {
    var random = new Random(seed);
    long refusals = 0;
    List<Numbered> held = new ArrayList<>();
    while (!stop.get() && failure.get() == null) {
      try {
        held.add(
            numbered(
                small.directBuffer(2 * Long.BYTES + random.nextInt(1 << random.nextInt(6, 19)))));
      } catch (OutOfRegisteredMemoryException e) {
        refusals++;
        for (Numbered each : held) {
          if (random.nextBoolean() || !queue.offer(each)) {
            check(each);
          }
        }
        held.clear();
      }
    }
    held.forEach(this::check);
    return refusals;
  }

  private void endsBecauseClosed(Runnable action) {
    try {
      action.run();
    } catch (IllegalStateException e) {
      if (!String.valueOf(e.getMessage()).contains("the allocator is closed")) {
        failure.compareAndSet(null, e);
      }
    } catch (RuntimeException | AssertionError e) {
      failure.compareAndSet(null, e);
    }
  }

  private Runnable guarded(Runnable action) {
    return () -> {
      try {
        action.run();
      } catch (RuntimeException | AssertionError e) {
        failure.compareAndSet(null, e);
      }
    };
  }

  private void produce(Random random) {
    while (!stop.get() && failure.get() == null) {
      Numbered buffer =
          numbered(
              allocator.directBuffer(2 * Long.BYTES + random.nextInt(1 << random.nextInt(1, 16))));
      if (random.nextInt(4) == 0 || !queue.offer(buffer)) {
        check(buffer);
        LockSupport.parkNanos(1);
      }
    }
  }

  private void consume() {
    while (!stop.get() && failure.get() == null) {
      Numbered buffer = queue.poll();
      if (buffer == null) {
        LockSupport.parkNanos(1);
      } else {
        check(buffer);
      }
    }
  }

  private Numbered numbered(ByteBuf buffer) {
    long number = numbers.incrementAndGet();
    buffer.setLong(0, number);
    buffer.setLong(buffer.capacity() - Long.BYTES, number);
    return new Numbered(buffer, number);
  }

  private void check(Numbered numbered) {
    ByteBuf buffer = numbered.buffer;
    assertEquals(numbered.number, buffer.getLong(0));
    assertEquals(numbered.number, buffer.getLong(buffer.capacity() - Long.BYTES));
    checked.incrementAndGet();
    assertTrue(buffer.release());
  }
}
