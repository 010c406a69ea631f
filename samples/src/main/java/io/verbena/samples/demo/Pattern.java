package io.verbena.samples.demo;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Content that both sides can make from a number: every word depends on its place, so that bytes
 * which were changed, moved, left out or repeated are found.
 */
final class Pattern {
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Pattern() {}

  /** Fills memory with the content of a seed. */
  static void fill(MemorySegment target, long seed) {
    long size = target.byteSize();
    long words = size / Long.BYTES;
    for (long i = 0; i < words; i++) {
      target.set(WORD, i * Long.BYTES, word(seed, i));
    }
    for (long at = words * Long.BYTES; at < size; at++) {
      target.set(ValueLayout.JAVA_BYTE, at, at(seed, at));
    }
  }

  /** The place of the first byte that is not the seed's content, or -1. */
  static long mismatch(MemorySegment actual, long seed) {
    long size = actual.byteSize();
    long words = size / Long.BYTES;
    long from = 0;
    while (from < words && actual.get(WORD, from * Long.BYTES) == word(seed, from)) {
      from++;
    }
    for (long at = from * Long.BYTES; at < size; at++) {
      if (actual.get(ValueLayout.JAVA_BYTE, at) != at(seed, at)) {
        return at;
      }
    }
    return -1;
  }

  private static byte at(long seed, long place) {
    int shift = (int) (place % Long.BYTES) * Byte.SIZE;
    return (byte) (word(seed, place / Long.BYTES) >>> shift);
  }

  /** SplitMix64: good enough that neighbours, and seeds, have nothing in common. */
  private static long word(long seed, long index) {
    long z = seed + (index + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
