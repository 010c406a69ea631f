package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Whether and where a buffer is registered. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class KeyLookUp {
  private static final int SLABS = 1000;
  private static final int SLAB = 64 << 10;
  private static final int BUFFERS = 1024;

  private final MemoryDomain domain = new MemoryDomain(null);
  private final RegisteredByteBufAllocator allocator =
      new RegisteredByteBufAllocator(
          domain,
          BufferPoolConfig.defaults().withSlabs(SLAB, SLAB).withCeiling((long) SLABS * SLAB));
  private final ByteBuf[] slabs = new ByteBuf[SLABS];
  private final ByteBuf[] ours = new ByteBuf[BUFFERS];
  private final ByteBuf[] slices = new ByteBuf[BUFFERS];
  private final ByteBuf[] retained = new ByteBuf[BUFFERS];
  private final ByteBuf[] wrapped = new ByteBuf[BUFFERS];
  private int next;

  /** Fills a thousand slabs. */
  public KeyLookUp() {
    for (int i = 0; i < SLABS; i++) {
      slabs[i] = allocator.directBuffer(SLAB);
    }
    for (int i = 0; i < BUFFERS; i++) {
      // Prime: no pattern that a processor could learn.
      ByteBuf slab = slabs[i * 619 % SLABS];
      ours[i] = slab;
      slices[i] = slab.slice(10, 100);
      retained[i] = slab.retainedSlice(10, 100);
      wrapped[i] = Unpooled.wrappedBuffer(slab.nioBuffer(10, 100));
    }
  }

  /** Frees them. */
  @TearDown
  public void close() {
    for (ByteBuf slice : retained) {
      slice.release();
    }
    for (ByteBuf slab : slabs) {
      slab.release();
    }
    allocator.close();
    domain.close();
  }

  private int next() {
    next = (next + 1) & (BUFFERS - 1);
    return next;
  }

  /**
   * Of the loop and the array.
   *
   * @return a buffer
   */
  @Benchmark
  public Object nothing() {
    return ours[next()];
  }

  /**
   * A buffer of ours.
   *
   * @return whether it is registered
   */
  @Benchmark
  public @Nullable Object ours() {
    return allocator.regionOf(ours[next()]);
  }

  /**
   * A slice of one.
   *
   * @return whether it is registered
   */
  @Benchmark
  public @Nullable Object slice() {
    return allocator.regionOf(slices[next()]);
  }

  /**
   * A slice that is counted by itself.
   *
   * @return whether it is registered
   */
  @Benchmark
  public @Nullable Object retainedSlice() {
    return allocator.regionOf(retained[next()]);
  }

  /**
   * Another buffer on the same memory, asking it for its address included.
   *
   * @return whether it is registered
   */
  @Benchmark
  public boolean address() {
    return allocator.owns(wrapped[next()]);
  }
}
