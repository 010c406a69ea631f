package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.memory.BufferRanges;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredByteBufAllocator;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Getting the bytes of somebody else's direct buffer to where the adapter reaches them. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class CopyForeign {
  /** Of the buffer. */
  @Param({"64", "1024", "16384", "65536", "1048576"})
  public int bytes;

  private static final int LINE = 64;

  private final MemoryDomain domain = new MemoryDomain(null);
  private final RegisteredByteBufAllocator allocator = new RegisteredByteBufAllocator(domain);
  private final BufferRanges ranges = new BufferRanges(1);
  private ByteBuf foreign = Unpooled.EMPTY_BUFFER;
  private ByteBuf ours = Unpooled.EMPTY_BUFFER;
  private MemorySegment source = MemorySegment.NULL;
  private MemorySegment target = MemorySegment.NULL;

  /** For JMH. */
  public CopyForeign() {}

  /** Allocates. */
  @Setup
  public void open() {
    // Where memory starts makes a factor of two: no part of a cache line before any of it.
    ByteBuffer aligned = ByteBuffer.allocateDirect(bytes + LINE).alignedSlice(LINE);
    foreign = Unpooled.wrappedBuffer(aligned.slice(0, bytes));
    source = MemorySegment.ofBuffer(foreign.nioBuffer());
    ours = allocator.directBuffer(bytes, bytes);
    target = MemorySegment.ofBuffer(ours.nioBuffer(0, bytes));
  }

  /** Frees. */
  @TearDown
  public void close() {
    foreign.release();
    ours.release();
    allocator.close();
    domain.close();
  }

  /**
   * Ours: with a buffer from the pool, which goes back to it.
   *
   * @return whether it is free again
   */
  @Benchmark
  public boolean register() {
    return allocator.register(foreign.retain(), ranges).release();
  }

  /**
   * Ours, without the search for its memory and the buffer from the pool.
   *
   * @return a buffer that is there anyway
   */
  @Benchmark
  public ByteBuf copy() {
    return ours.setBytes(0, foreign, 0, bytes);
  }

  /** What moving the bytes costs: Java calls {@code memcpy(3)}, or does the same. */
  @Benchmark
  public void memcpy() {
    MemorySegment.copy(source, 0, target, 0, bytes);
  }
}
