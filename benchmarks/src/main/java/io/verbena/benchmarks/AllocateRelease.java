package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
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

/** A buffer that lives for a moment: allocated, written to and released by one thread. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class AllocateRelease {
  /** Whose allocator. */
  @Param({"OURS", "POOLED", "ADAPTIVE"})
  public BufferSource source = BufferSource.OURS;

  /** Of each buffer. */
  @Param({"64", "1024", "16384", "1048576"})
  public int bytes;

  private BufferSource.Open allocator = BufferSource.NONE;

  /** For JMH. */
  public AllocateRelease() {}

  /** Opens the allocator. */
  @Setup
  public void open() {
    allocator = source.open();
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    allocator.close();
  }

  /**
   * One buffer.
   *
   * @return whether it is free again
   */
  @Benchmark
  public boolean allocateAndRelease() {
    ByteBuf buffer = allocator.allocator().directBuffer(bytes, bytes);
    buffer.writeByte(1);
    return buffer.release();
  }
}
