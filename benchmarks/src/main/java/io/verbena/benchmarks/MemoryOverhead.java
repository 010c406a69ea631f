package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.util.ArrayList;
import java.util.List;

/**
 * What 64 MiB of 1 KiB buffers take beyond their payload: direct memory and Java objects. At that
 * size all slabs and chunks are full.
 */
final class MemoryOverhead {
  private static final int BUFFER = 1 << 10;
  private static final int BUFFERS = 64 << 10;
  private static final double PAYLOAD = (double) BUFFER * BUFFERS;
  private static final int COLLECTIONS = 3;

  private MemoryOverhead() {}

  static double percent(BufferSource source) {
    List<ByteBuf> buffers = new ArrayList<>(BUFFERS);
    BufferSource.Open open = source.open();
    // What an allocator has for all of its buffers is no overhead of each.
    open.allocator().directBuffer(BUFFER).release();
    long heapBefore = heap();
    for (int i = 0; i < BUFFERS; i++) {
      buffers.add(open.allocator().directBuffer(BUFFER, BUFFER));
    }
    long direct = ((ByteBufAllocatorMetricProvider) open.allocator()).metric().usedDirectMemory();
    long objects = heap() - heapBefore;
    buffers.forEach(ByteBuf::release);
    open.close();
    return (direct + objects - PAYLOAD) / PAYLOAD * 100;
  }

  private static long heap() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
