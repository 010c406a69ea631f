package io.verbena.verbs;

/** Translates between bytes and {@code enum ibv_mtu}. */
final class Mtu {
  private Mtu() {}

  static int code(int bytes) {
    if (bytes < 256 || bytes > 4096 || Integer.bitCount(bytes) != 1) {
      throw new IllegalArgumentException(
          "an MTU is 256, 512, 1024, 2048 or 4096 bytes, not " + bytes);
    }
    return Integer.numberOfTrailingZeros(bytes) - 7;
  }

  /** Bytes of a code, 0 for a code that this version does not know. */
  static int bytes(int code) {
    return code >= 1 && code <= 5 ? 128 << code : 0;
  }
}
