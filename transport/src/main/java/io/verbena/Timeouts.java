package io.verbena;

import java.time.Duration;

/** How long programs want to wait. */
final class Timeouts {
  /** As good as for ever, and the clock can still count it in nanoseconds. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private Timeouts() {}

  /** Any timeout in nanoseconds, {@link java.time.temporal.ChronoUnit#FOREVER} included. */
  static long nanos(Duration timeout) {
    if (timeout.isNegative()) {
      return 0;
    }
    return timeout.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : timeout.toNanos();
  }
}
