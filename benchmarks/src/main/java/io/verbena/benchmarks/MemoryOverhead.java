package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import java.util.ArrayList;
import java.util.List;

/**
 * What 1 KiB buffers take beyond their payload: direct memory and Java objects. Looked at while
 * their number grows, since memory comes in portions: just after one has come most of it is idle.
 */
final class MemoryOverhead {
  static final int LEAST_MEBIBYTES = 64;
  static final int MOST_MEBIBYTES = 256;

  private static final int BUFFER = 1 << 10;
  private static final int PER_MEBIBYTE = (1 << 20) / BUFFER;
  private static final int BUFFERS = MOST_MEBIBYTES * PER_MEBIBYTE;

  /** Much less than a portion: the worst moment is not missed by more than that. */
  private static final int STEP = 16;

  private static final int COLLECTIONS = 3;

  /** In percent, with one step more of buffers each. */
  private final double[] percents = new double[BUFFERS / STEP];

  private MemoryOverhead() {}

  static MemoryOverhead of(BufferSource source) {
    Level before = ResourceLeakDetector.getLevel();
    // What it keeps, it keeps of whatever allocator's buffers.
    ResourceLeakDetector.setLevel(Level.DISABLED);
    try {
      return measure(source);
    } finally {
      ResourceLeakDetector.setLevel(before);
    }
  }

  private static MemoryOverhead measure(BufferSource source) {
    var overhead = new MemoryOverhead();
    List<ByteBuf> buffers = new ArrayList<>(BUFFERS);
    long[] direct = new long[overhead.percents.length];
    BufferSource.Open open = source.open();
    // What an allocator has for all of its buffers is no overhead of each.
    open.allocator().directBuffer(BUFFER).release();
    ByteBufAllocatorMetric metric = ((ByteBufAllocatorMetricProvider) open.allocator()).metric();
    long heapBefore = heap();
    for (int i = 0; i < direct.length; i++) {
      for (int k = 0; k < STEP; k++) {
        buffers.add(open.allocator().directBuffer(BUFFER, BUFFER));
      }
      direct[i] = metric.usedDirectMemory();
    }
    double objects = (double) (heap() - heapBefore) / BUFFERS;
    buffers.forEach(ByteBuf::release);
    open.close();
    for (int i = 0; i < direct.length; i++) {
      overhead.percents[i] = ((direct[i] / ((i + 1.0) * STEP) + objects) / BUFFER - 1) * 100;
    }
    return overhead;
  }

  private static long heap() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static int steps(int mebibytes) {
    return mebibytes * PER_MEBIBYTE / STEP;
  }

  /** With the fewest buffers that count. */
  double least() {
    return percents[steps(LEAST_MEBIBYTES) - 1];
  }

  /** With that many or more, at the worst moment. */
  double worst() {
    double worst = 0;
    for (int i = steps(LEAST_MEBIBYTES); i < percents.length; i++) {
      worst = Math.max(worst, percents[i]);
    }
    return worst;
  }

  /** From how many MiB of buffers on the overhead is never more. */
  double reaches(double percent) {
    int from = percents.length;
    while (from > 0 && percents[from - 1] <= percent) {
      from--;
    }
    return from / (double) steps(1);
  }
}
