package io.verbena.collective;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Copies the numbers of a buffer with gaps to or from memory where they follow each other. Runs are
 * copied as a whole, those of four or eight bytes in a loop. Bytes are not looked at: byte orders
 * stay as they are. Offsets count bytes and need no alignment.
 */
final class Packing {
  private Packing() {}

  /**
   * Copies numbers from where the layout says to one place.
   *
   * @param offset where the layout begins
   * @param first which number of the layout is the first to be copied
   * @param elements how many are copied; the segments must not overlap
   * @throws IndexOutOfBoundsException if a segment does not have them all
   */
  static void pack(
      MemorySegment from,
      long offset,
      Strided layout,
      long first,
      MemorySegment to,
      long toOffset,
      long elements) {
    move(true, from, offset, layout, first, to, toOffset, elements);
  }

  /**
   * Copies numbers from one place to where the layout says. What is in the gaps stays.
   *
   * @param offset where the layout begins
   * @param first which number of the layout is the first to be written
   * @param elements how many are copied; the segments must not overlap
   * @throws IndexOutOfBoundsException if a segment does not have them all
   */
  static void unpack(
      MemorySegment from,
      long fromOffset,
      MemorySegment to,
      long offset,
      Strided layout,
      long first,
      long elements) {
    move(false, to, offset, layout, first, from, fromOffset, elements);
  }

  private static void move(
      boolean packs,
      MemorySegment strided,
      long offset,
      Strided layout,
      long first,
      MemorySegment packed,
      long packedOffset,
      long elements) {
    long size = layout.number().byteSize();
    long runBytes = layout.runBytes();
    long run = first * size / runBytes;
    long within = first * size % runBytes;
    long at = packedOffset;
    long end = packedOffset + elements * size;
    while (at < end) {
      long place = offset + layout.offset(run) + within;
      if (within > 0 || end - at < runBytes) {
        long bytes = Math.min(runBytes - within, end - at);
        if (packs) {
          MemorySegment.copy(strided, place, packed, at, bytes);
        } else {
          MemorySegment.copy(packed, at, strided, place, bytes);
        }
        at += bytes;
        run++;
        within = 0;
      } else {
        long runs = Math.min(layout.runsInRow(run), (end - at) / runBytes);
        if (packs) {
          copy(strided, place, layout.stride(), packed, at, runBytes, runBytes, runs);
        } else {
          copy(packed, at, runBytes, strided, place, layout.stride(), runBytes, runs);
        }
        at += runs * runBytes;
        run += runs;
      }
    }
  }

  /** Copies runs. For short ones a call of {@link MemorySegment#copy} each is many times dearer. */
  private static void copy(
      MemorySegment from,
      long fromOffset,
      long fromStride,
      MemorySegment to,
      long toOffset,
      long toStride,
      long runBytes,
      long runs) {
    if (runBytes == Integer.BYTES) {
      for (long i = 0; i < runs; i++) {
        int bits = from.get(ValueLayout.JAVA_INT_UNALIGNED, fromOffset + i * fromStride);
        to.set(ValueLayout.JAVA_INT_UNALIGNED, toOffset + i * toStride, bits);
      }
    } else if (runBytes == Long.BYTES) {
      for (long i = 0; i < runs; i++) {
        long bits = from.get(ValueLayout.JAVA_LONG_UNALIGNED, fromOffset + i * fromStride);
        to.set(ValueLayout.JAVA_LONG_UNALIGNED, toOffset + i * toStride, bits);
      }
    } else {
      for (long i = 0; i < runs; i++) {
        MemorySegment.copy(
            from, fromOffset + i * fromStride, to, toOffset + i * toStride, runBytes);
      }
    }
  }
}
