package io.verbena.misuse;

import java.util.Random;

/** Numbers that programs do not expect. */
final class Odd {
  private static final int[] NUMBERS = {
    0, 1, -1, 7, 255, 256, 65_535, 65_536, 1 << 24, Integer.MAX_VALUE, Integer.MIN_VALUE
  };

  private Odd() {}

  static int number(Random random) {
    return NUMBERS[random.nextInt(NUMBERS.length)];
  }

  /** Most often within a length, sometimes at its end or far beyond. */
  static int within(long length, Random random) {
    return switch (random.nextInt(40)) {
      case 0 -> number(random);
      case 1 -> (int) length;
      case 2 -> (int) length - 8;
      default -> random.nextInt((int) Math.max(1, length)) & -8;
    };
  }
}
