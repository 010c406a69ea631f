package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.util.ArrayList;
import java.util.List;

/**
 * What 1 KiB buffers take beyond their payload: direct memory and Java objects. Slabs double: at
 * {@link #FULL} all of them are, just beyond it half of the memory waits for use, which is the
 * worst case.
 */
final class MemoryOverhead {
  /** 64 MiB of buffers: as many as all slabs so far hold. */
  static final int FULL = 64 << 10;

  /** One MiB more. */
  static final int JUST_BEYOND = 65 << 10;

  private static final int BUFFER = 1 << 10;
  private static final int COLLECTIONS = 3;

  private MemoryOverhead() {}

  static double percent(BufferSource source, int count) {
    double payload = (double) BUFFER * count;
    List<ByteBuf> buffers = new ArrayList<>(count);
    BufferSource.Open open = source.open();
    // What an allocator has for all of its buffers is no overhead of each.
    open.allocator().directBuffer(BUFFER).release();
    long heapBefore = heap();
    for (int i = 0; i < count; i++) {
      buffers.add(open.allocator().directBuffer(BUFFER, BUFFER));
    }
    long direct = ((ByteBufAllocatorMetricProvider) open.allocator()).metric().usedDirectMemory();
    long objects = heap() - heapBefore;
    buffers.forEach(ByteBuf::release);
    open.close();
    return (direct + objects - payload) / payload * 100;
  }

  private static long heap() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
