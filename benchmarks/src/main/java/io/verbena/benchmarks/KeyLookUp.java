package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.verbs.Context;
import io.verbena.verbs.MemoryRegion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The key of the region that a buffer lies in. The regions are registered with the stub library:
 * real objects of ours, and no adapter.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class KeyLookUp {
  private static final int SLABS = 1000;
  private static final int SLAB = 64 << 10;
  private static final int BUFFERS = 1024;
  private static final int BUFFER = 1024;

  /** Between two slabs: they lie anywhere, as in a process that does other things too. */
  private static final int MOST_GAP = 16 << 20;

  private final Context context;
  private final MemoryDomain domain;

  /** With a thousand slabs, for what is looked up by its address. */
  private final RegisteredByteBufAllocator allocator;

  /** As a program has it. */
  private final RegisteredByteBufAllocator usual;

  private final MemoryDomain gaps = new MemoryDomain(null);
  private final ByteBuf[] slabs = new ByteBuf[SLABS];
  private final ByteBuf[] ours = new ByteBuf[BUFFERS];
  private final ByteBuf[] slices = new ByteBuf[BUFFERS];
  private final ByteBuf[] retained = new ByteBuf[BUFFERS];
  private final ByteBuf[] wrapped = new ByteBuf[BUFFERS];
  private int next;

  /** Fills a thousand slabs. */
  public KeyLookUp() {
    try {
      context = StubLibrary.open();
      domain = new MemoryDomain(context.createDomain());
      allocator =
          new RegisteredByteBufAllocator(
              domain,
              BufferPoolConfig.defaults().withSlabs(SLAB, SLAB).withCeiling((long) SLABS * SLAB));
      usual = new RegisteredByteBufAllocator(domain);
      var random = new Random(SLABS);
      for (int i = 0; i < SLABS; i++) {
        slabs[i] = allocator.directBuffer(SLAB);
        gaps.allocate(1 + random.nextInt(MOST_GAP));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (int i = 0; i < BUFFERS; i++) {
      // Prime: no pattern that a processor could learn.
      ByteBuf slab = slabs[i * 619 % SLABS];
      ours[i] = usual.directBuffer(BUFFER);
      slices[i] = ours[i].slice(10, 100);
      retained[i] = ours[i].retainedSlice(10, 100);
      wrapped[i] = Unpooled.wrappedBuffer(slab.nioBuffer(10, 100));
    }
  }

  /** Frees them. */
  @TearDown
  public void close() {
    for (ByteBuf slice : retained) {
      slice.release();
    }
    for (ByteBuf buffer : ours) {
      buffer.release();
    }
    for (ByteBuf slab : slabs) {
      slab.release();
    }
    usual.close();
    allocator.close();
    domain.close();
    gaps.close();
    context.close();
  }

  private int next() {
    next = (next + 1) & (BUFFERS - 1);
    return next;
  }

  private static int key(RegisteredByteBufAllocator of, ByteBuf buffer) {
    MemoryRegion region = of.regionOf(buffer);
    if (region == null) {
      throw new IllegalStateException("it is not registered");
    }
    return region.lkey();
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
   * @return its key
   */
  @Benchmark
  public int ours() {
    return key(usual, ours[next()]);
  }

  /**
   * A slice of one.
   *
   * @return its key
   */
  @Benchmark
  public int slice() {
    return key(usual, slices[next()]);
  }

  /**
   * A slice that is counted by itself.
   *
   * @return its key
   */
  @Benchmark
  public int retainedSlice() {
    return key(usual, retained[next()]);
  }

  /**
   * Another buffer on the same memory, asking it for its address included.
   *
   * @return its key
   */
  @Benchmark
  public int address() {
    return key(allocator, wrapped[next()]);
  }
}
