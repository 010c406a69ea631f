package io.verbena.verbs;

import java.time.Duration;

/** Durations as system calls take them. */
final class Deadlines {
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE / 2);

  private Deadlines() {}

  /** Nanoseconds, at least 0; what does not fit is 146 years. */
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
