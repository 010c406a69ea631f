package io.verbena.rdmacm;

import java.time.Duration;

/** Durations as system calls take them. */
final class Timeouts {
  private static final Duration LONGEST = Duration.ofDays(365);

  private Timeouts() {}

  /** Nanoseconds, at least 0, at most a year. */
  static long nanos(Duration timeout) {
    if (timeout.isNegative()) {
      return 0;
    }
    return timeout.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : timeout.toNanos();
  }

  /** For {@code poll(2)}: rounded up, so that it does not return before the deadline. */
  static int pollMillis(long nanos) {
    return nanos <= 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, (nanos - 1) / 1_000_000 + 1);
  }
}
