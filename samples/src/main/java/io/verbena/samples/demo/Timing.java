package io.verbena.samples.demo;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** How long something took, over and over: durations in nanoseconds, sorted. */
public final class Timing {
  /** One round of what is measured. */
  public interface Round {
    /**
     * Does what is measured.
     *
     * @throws IOException ends the measurement
     */
    void run() throws IOException;
  }

  /** Enough for the JIT compiler's last word where rounds are quick. */
  private static final int WARM_UP_ROUNDS = 20_000;

  private static final int ROUNDS = 50_000;

  private static final int LEAST_ROUNDS = 20;

  private final long[] nanos;
  private final double seconds;

  private Timing(long[] nanos, double seconds) {
    this.nanos = nanos;
    this.seconds = seconds;
  }

  /**
   * Measures, after a warm-up. Both end by time on a slow machine, by number on a fast one.
   *
   * @param warmUpMillis the longest time for the warm-up
   * @param millis the longest time for the measurement
   * @param round what to measure
   * @return how long it took
   * @throws IOException of a round
   */
  public static Timing of(long warmUpMillis, long millis, Round round) throws IOException {
    run(new long[WARM_UP_ROUNDS], warmUpMillis, round);
    long[] samples = new long[ROUNDS];
    long began = System.nanoTime();
    int count = run(samples, millis, round);
    double seconds = (System.nanoTime() - began) / 1e9;
    long[] nanos = Arrays.copyOf(samples, count);
    Arrays.sort(nanos);
    return new Timing(nanos, seconds);
  }

  private static int run(long[] samples, long millis, Round round) throws IOException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long before = System.nanoTime();
    int count = 0;
    while (count < samples.length && (count < LEAST_ROUNDS || before - deadline < 0)) {
      round.run();
      long now = System.nanoTime();
      samples[count++] = now - before;
      before = now;
    }
    return count;
  }

  /**
   * How often it was measured.
   *
   * @return rounds, warm-up excluded
   */
  public int count() {
    return nanos.length;
  }

  /** The duration that this share of the rounds did not exceed, in microseconds. */
  double microseconds(double share) {
    return nanos[(int) Math.ceil(share * nanos.length) - 1] / 1e3;
  }

  /**
   * A line of a table, for rounds that moved a number of bytes each, or 0.
   *
   * @param what its name
   * @param bytes of a round
   * @return the line
   */
  public String row(String what, long bytes) {
    return bytes == 0
        ? "%-34s %9s %9s".formatted(what, text(microseconds(0.5)), text(microseconds(0.99)))
        : "%-34s %9s %9s %9s"
            .formatted(
                what,
                text(microseconds(0.5)),
                text(microseconds(0.99)),
                rate(bytes * (long) count(), seconds));
  }

  /** A line of the demo's table for bytes that were streamed. */
  static String row(String what, long bytes, double seconds) {
    return "%-34s %9s %9s %9s".formatted(what, "", "", rate(bytes, seconds));
  }

  /**
   * What stands above the lines.
   *
   * @return a line
   */
  public static String header() {
    return "%-34s %9s %9s %9s".formatted("", "p50 us", "p99 us", "MB/s");
  }

  private static String rate(long bytes, double seconds) {
    return text(bytes / 1e6 / seconds);
  }

  private static String text(double value) {
    return String.format(Locale.ROOT, value < 1000 ? "%.1f" : "%.0f", value);
  }
}
