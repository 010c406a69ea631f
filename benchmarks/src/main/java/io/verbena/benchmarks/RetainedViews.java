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

/** A reference to part of a buffer or all of it that lives for a moment. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class RetainedViews {
  /** Whose allocator. */
  @Param({"OURS", "POOLED", "ADAPTIVE"})
  public BufferSource source = BufferSource.OURS;

  /** Of the buffer. */
  @Param("1024")
  public int bytes;

  private BufferSource.Open allocator = BufferSource.NONE;
  private ByteBuf buffer = BufferSource.NONE.allocator().heapBuffer(0, 0);

  /** What was looked at last: keeps the view from being optimised away. */
  public ByteBuf last = buffer;

  /** For JMH. */
  public RetainedViews() {}

  /** Opens the allocator. */
  @Setup
  public void open() {
    allocator = source.open();
    buffer = allocator.allocator().directBuffer(bytes, bytes).writeZero(bytes);
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    buffer.release();
    allocator.close();
  }

  /**
   * Half of the buffer.
   *
   * @return whether the view is gone
   */
  @Benchmark
  public boolean slice() {
    ByteBuf view = buffer.retainedSlice(0, bytes / 2);
    last = view;
    return view.release();
  }

  /**
   * All of it.
   *
   * @return whether the view is gone
   */
  @Benchmark
  public boolean duplicate() {
    ByteBuf view = buffer.retainedDuplicate();
    last = view;
    return view.release();
  }
}
