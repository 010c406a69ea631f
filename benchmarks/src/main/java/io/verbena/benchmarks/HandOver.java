package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Buffers that one thread allocates and another releases, handed over in a ring: a buffer costs
 * what the slower of the two threads needs for it.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class HandOver {
  private static final int SLOTS = 256;

  /** Slots are this far from each other, so that the two threads seldom share a cache line. */
  private static final int STRIDE = 16;

  private static final int SPINS = 1000;

  /** Whose allocator. */
  @Param({"OURS", "POOLED", "ADAPTIVE"})
  public BufferSource source = BufferSource.OURS;

  /** Of each buffer. */
  @Param({"64", "1024", "16384", "1048576"})
  public int bytes;

  private final AtomicReferenceArray<@Nullable ByteBuf> ring =
      new AtomicReferenceArray<>(SLOTS * STRIDE);
  private BufferSource.Open allocator = BufferSource.NONE;
  private volatile boolean stop;
  private @Nullable Thread consumer;
  private int next;

  /** For JMH. */
  public HandOver() {}

  /** Opens the allocator and starts the other thread. */
  @Setup
  public void open() {
    allocator = source.open();
    consumer = new FastThreadLocalThread(this::consume, "consumer");
    consumer.start();
  }

  /**
   * Stops the other thread and closes the allocator.
   *
   * @throws InterruptedException if JMH gives up
   */
  @TearDown
  public void close() throws InterruptedException {
    stop = true;
    if (consumer != null) {
      consumer.join();
    }
    allocator.close();
  }

  /**
   * Spins, and lets others work when that takes long: there may be fewer processors than threads.
   */
  @SuppressWarnings("ThreadPriorityCheck") // Only a hint: without it, the same happens more slowly.
  private static int pause(int spins) {
    if (spins < SPINS) {
      Thread.onSpinWait();
    } else {
      Thread.yield();
    }
    return spins + 1;
  }

  private void consume() {
    int slot = 0;
    int spins = 0;
    while (true) {
      ByteBuf buffer = ring.getAcquire(slot);
      if (buffer != null) {
        spins = 0;
        ring.setRelease(slot, null);
        slot = (slot + STRIDE) & (SLOTS * STRIDE - 1);
        buffer.release();
      } else if (stop) {
        return;
      } else {
        spins = pause(spins);
      }
    }
  }

  /** Allocates one buffer and hands it over. */
  @Benchmark
  public void allocateHereReleaseThere() {
    ByteBuf buffer = allocator.allocator().directBuffer(bytes, bytes);
    buffer.writeByte(1);
    int spins = 0;
    while (ring.getAcquire(next) != null) {
      spins = pause(spins);
    }
    ring.setRelease(next, buffer);
    next = (next + STRIDE) & (SLOTS * STRIDE - 1);
  }
}
