package io.verbena.memory;

/**
 * The sizes in which blocks come: multiples of 64 up to 512, then four steps to each doubling up to
 * 1 MiB. A block is at most a quarter longer than what was asked for, and starts on a cache line.
 */
final class SizeClasses {
  static final int SMALLEST = 64;
  static final int LARGEST = 1 << 20;

  private static final int LINEAR = 8;
  private static final int LINEAR_SHIFT = 6;
  private static final int LINEAR_LARGEST_SHIFT = 9;
  private static final int STEPS_SHIFT = 2;
  private static final int STEPS_MASK = (1 << STEPS_SHIFT) - 1;

  static final int COUNT = of(LARGEST) + 1;

  private SizeClasses() {}

  /** The class of the smallest blocks that hold these bytes, at most {@link #LARGEST}. */
  static int of(int bytes) {
    int last = Math.max(bytes, 1) - 1;
    int shift = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(last | 1);
    if (shift < LINEAR_LARGEST_SHIFT) {
      return last >> LINEAR_SHIFT;
    }
    return LINEAR
        + ((shift - LINEAR_LARGEST_SHIFT) << STEPS_SHIFT)
        + ((last >> (shift - STEPS_SHIFT)) & STEPS_MASK);
  }

  /** How long the blocks of a class are. */
  static int bytes(int sizeClass) {
    if (sizeClass < LINEAR) {
      return (sizeClass + 1) << LINEAR_SHIFT;
    }
    int step = sizeClass - LINEAR;
    int shift = LINEAR_LARGEST_SHIFT + (step >> STEPS_SHIFT);
    return (1 << shift) + (((step & STEPS_MASK) + 1) << (shift - STEPS_SHIFT));
  }
}
