package io.verbena.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/**
 * What a run of exchanges says about the time that one takes, reckoned as perftest does it.
 *
 * @param typical the median, in microseconds
 * @param mean of all but the two longest
 * @param p99 one of a hundred takes longer
 */
record Latencies(double typical, double mean, double p99) {
  private static final double NANOS_PER_MICRO = 1000;

  /** perftest leaves out the longest, which are start and end of the run. */
  private static final int TAIL = 2;

  /**
   * Reckons them from the moments at which exchanges began: each ends when the next begins.
   *
   * @param began nanoseconds, in order, more than three
   * @param thereAndBack whether an exchange is two messages, of which one counts
   */
  static Latencies of(long[] began, boolean thereAndBack) {
    long[] nanos = new long[began.length - 1];
    Arrays.setAll(nanos, i -> began[i + 1] - began[i]);
    Arrays.sort(nanos);
    int count = nanos.length - TAIL;
    double divisor = NANOS_PER_MICRO * (thereAndBack ? 2 : 1);
    double median =
        count % 2 == 1 ? nanos[count / 2] : (nanos[count / 2 - 1] + nanos[count / 2]) / 2.0;
    return new Latencies(
        median / divisor,
        Arrays.stream(nanos, 0, count).average().orElseThrow() / divisor,
        nanos[(int) Math.ceil(count * 0.99)] / divisor);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.3f %.3f %.3f", typical, mean, p99);
  }

  /** The opposite of {@link #toString}. */
  static Latencies parse(String text) {
    String[] fields = text.trim().split(" ", -1);
    return new Latencies(
        Double.parseDouble(fields[0]),
        Double.parseDouble(fields[1]),
        Double.parseDouble(fields[2]));
  }
}
