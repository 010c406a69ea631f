package io.verbena.collective;

import io.netty.buffer.ByteBuf;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredByteBufAllocator;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
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
 * Sums of floats in memory of the registered allocator, and what moving bytes costs there. In this
 * package because kernels are no public API.
 */
@NullMarked
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class ReduceFloats {
  /** Of a vector. */
  @Param({"4096", "65536", "1048576", "16777216"})
  public int bytes;

  private static final MethodHandle MEMCPY =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().find("memcpy").orElseThrow(),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG),
              Linker.Option.critical(false));

  private final MemoryDomain domain = new MemoryDomain(null);
  private final RegisteredByteBufAllocator allocator = new RegisteredByteBufAllocator(domain);
  private final List<ByteBuf> buffers = new ArrayList<>();
  private final Kernel vectors = Kernels.of(Reduction.SUM, ValueLayout.JAVA_FLOAT, Kernels.VECTORS);
  private final Kernel tiles = Kernels.of(Reduction.SUM, ValueLayout.JAVA_FLOAT, false);
  private MemorySegment left = MemorySegment.NULL;
  private MemorySegment right = MemorySegment.NULL;
  private MemorySegment target = MemorySegment.NULL;

  /** For JMH. */
  public ReduceFloats() {}

  /** Allocates, for one and a half vectors each. */
  @Setup
  public void open() {
    if (!Kernels.VECTORS) {
      throw new IllegalStateException("needs --add-modules jdk.incubator.vector");
    }
    left = allocate();
    right = allocate();
    target = allocate();
  }

  private MemorySegment allocate() {
    int room = bytes + bytes / 2;
    ByteBuf buffer = allocator.directBuffer(room, room);
    buffers.add(buffer);
    // Neither zeros, nor numbers that processors are slow with.
    MemorySegment segment = MemorySegment.ofBuffer(buffer.nioBuffer(0, room));
    for (long i = 0; i < room / Float.BYTES; i++) {
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (1 + i % 1000));
    }
    return segment;
  }

  /** Frees. */
  @TearDown
  public void close() {
    buffers.forEach(ByteBuf::release);
    allocator.close();
    domain.close();
  }

  /** Loads two vectors and stores one. */
  @Benchmark
  public void sum() {
    vectors.reduce(left, 0, right, 0, target, 0, bytes / Float.BYTES);
  }

  /** The same without the Vector API. */
  @Benchmark
  public void sumOfTiles() {
    tiles.reduce(left, 0, right, 0, target, 0, bytes / Float.BYTES);
  }

  /** The same by the obvious loop. */
  @Benchmark
  public void sumOfElements() {
    for (long at = 0; at < bytes; at += Float.BYTES) {
      float sum = left.get(ValueLayout.JAVA_FLOAT, at) + right.get(ValueLayout.JAVA_FLOAT, at);
      target.set(ValueLayout.JAVA_FLOAT, at, sum);
    }
  }

  /**
   * Java's copy, of as many bytes as the sum moves: loads one and a half vectors and stores them.
   */
  @Benchmark
  public void copyAsManyBytes() {
    MemorySegment.copy(right, 0, target, 0, bytes + bytes / 2);
  }

  /**
   * The same by {@code memcpy(3)}.
   *
   * @return where the target is
   */
  @Benchmark
  public long memcpyAsManyBytes() {
    return memcpy(bytes + bytes / 2);
  }

  /** Java's copy of one vector. */
  @Benchmark
  public void copyOneVector() {
    MemorySegment.copy(right, 0, target, 0, bytes);
  }

  /**
   * The same by {@code memcpy(3)}.
   *
   * @return where the target is
   */
  @Benchmark
  public long memcpyOneVector() {
    return memcpy(bytes);
  }

  private long memcpy(long count) {
    try {
      return (long) MEMCPY.invokeExact(target.address(), right.address(), count);
    } catch (Throwable e) {
      throw new AssertionError("memcpy cannot fail", e);
    }
  }
}
