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
 */
@Timeout(120)
class ConcurrentBuffersTest {
  private static final long RUN_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(50);
  private static final int LEAST_DRAINS = 10;
  private static final int LEAST_CHECKED = 10_000;
  private static final int PRODUCERS = 3;
  private static final int CONSUMERS = 3;
  private static final int QUEUE = 512;

  private final MemoryDomain domain = new MemoryDomain(null);
  private final RegisteredByteBufAllocator allocator =
      new RegisteredByteBufAllocator(
          domain, BufferPoolConfig.defaults().withSlabs(1 << 20, 8 << 20).withCeiling(64 << 20));
  private final BlockingQueue<ByteBuf> queue = new ArrayBlockingQueue<>(QUEUE);
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
    // On a busy machine it takes longer until enough has happened.
    while (failure.get() == null
        && System.nanoTime() - start < MOST_NANOS
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
    assertTrue(drains >= LEAST_DRAINS, "the caches were drained");
    assertTrue(checked.get() >= LEAST_CHECKED, "buffers went from thread to thread");
    assertEquals(0, allocator.metrics().usedBytes());
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
    assertEquals(0, allocator.metrics().usedBytes());
    assertEquals(0, allocator.metrics().registeredBytes());
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
      ByteBuf buffer =
          allocator.directBuffer(2 * Long.BYTES + random.nextInt(1 << random.nextInt(1, 16)));
      long number = numbers.incrementAndGet();
      buffer.setLong(0, number);
      buffer.setLong(buffer.capacity() - Long.BYTES, number);
      if (random.nextInt(4) == 0 || !queue.offer(buffer)) {
        check(buffer);
        LockSupport.parkNanos(1);
      }
    }
  }

  private void consume() {
    while (!stop.get() && failure.get() == null) {
      ByteBuf buffer = queue.poll();
      if (buffer == null) {
        LockSupport.parkNanos(1);
      } else {
        check(buffer);
      }
    }
  }

  private void check(ByteBuf buffer) {
    assertEquals(buffer.getLong(0), buffer.getLong(buffer.capacity() - Long.BYTES));
    checked.incrementAndGet();
    assertTrue(buffer.release());
  }
}
