package io.verbena.doctor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What is written into a peer's memory, so that the peer can tell whether all of it is there. */
final class WriteProof {
  static final int BYTES = 4096;

  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final int WORDS = BYTES / Long.BYTES;

  /** Odd, and its bits are spread: neighbours have little in common. */
  private static final long STEP = 0x9E3779B97F4A7C15L;

  private WriteProof() {}

  static void fill(MemorySegment memory, long seed) {
    for (int i = 0; i < WORDS; i++) {
      memory.setAtIndex(WORD, i, word(seed, i));
    }
  }

  /** Why it is not what was written, or empty. */
  static String check(MemorySegment memory, long seed) {
    for (int i = 0; i < WORDS; i++) {
      long found = memory.getAtIndex(WORD, i);
      if (found != word(seed, i)) {
        return "byte %d and what follows differ: 0x%016x instead of 0x%016x"
            .formatted(i * Long.BYTES, found, word(seed, i));
      }
    }
    return "";
  }

  private static long word(long seed, int place) {
    return seed + (place + 1) * STEP;
  }
}
