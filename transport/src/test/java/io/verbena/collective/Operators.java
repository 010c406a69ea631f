package io.verbena.collective;

/** Operators on long that tell right results from wrong ones. */
final class Operators {
  /** The largest prime below 2^16. */
  private static final long PRIME = 65_521;

  private Operators() {}

  /** Spreads a number over all bits, each number to another one. */
  static long mix(long number) {
    long mixed = (number + 1) * 0x9e37_79b9_7f4a_7c15L;
    mixed = (mixed ^ mixed >>> 29) * 0xbf58_476d_1ce4_e5b9L;
    return mixed ^ mixed >>> 32;
  }

  /**
   * Associative, not commutative: the product of 2x2 matrices modulo a prime, 16 bits an element.
   */
  static long matrixProduct(long left, long right) {
    long a = left >>> 48;
    long b = left >>> 32 & 0xffff;
    long c = left >>> 16 & 0xffff;
    long d = left & 0xffff;
    long e = right >>> 48;
    long f = right >>> 32 & 0xffff;
    long g = right >>> 16 & 0xffff;
    long h = right & 0xffff;
    return (a * e + b * g) % PRIME << 48
        | (a * f + b * h) % PRIME << 32
        | (c * e + d * g) % PRIME << 16
        | (c * f + d * h) % PRIME;
  }

  /** Neither: two results are the same only if the expressions were. */
  static long expression(long left, long right) {
    return mix(mix(left) + 3 * right);
  }

  static long doubleSum(long left, long right) {
    return Double.doubleToRawLongBits(
        Double.longBitsToDouble(left) + Double.longBitsToDouble(right));
  }
}
