package io.verbena.collective;

import io.verbena.collective.Forecast.Way;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.NullMarked;

/**
 * A {@link LogGp} network fitted to what was measured between two ranks, and what it predicts. In
 * this package because schedules are no public API.
 */
@NullMarked
public final class Calibration {
  private final LogGp network;

  private Calibration(LogGp network) {
    this.network = network;
  }

  /**
   * Fits a network: the bytes to the two longest messages, the rest to the shortest one.
   *
   * @param oneWay the ns that a message takes, by its bytes; at least three
   * @param issue the ns until the next message of many can be started
   * @param interval the ns between short messages, one behind the other
   * @param reducePerByte the ns that reducing takes
   * @param copyPerByte the ns that copying takes
   * @return it
   */
  public static Calibration of(
      NavigableMap<Integer, Double> oneWay,
      double issue,
      double interval,
      double reducePerByte,
      double copyPerByte) {
    Map.Entry<Integer, Double> shortest = oneWay.firstEntry();
    Map.Entry<Integer, Double> longest = oneWay.lastEntry();
    Map.Entry<Integer, Double> shorter = oneWay.headMap(longest.getKey(), false).lastEntry();
    double perByte =
        (longest.getValue() - shorter.getValue()) / (longest.getKey() - shorter.getKey());
    double shortTime = Math.max(0, shortest.getValue() - (shortest.getKey() - 1) * perByte);
    // Who starts many in a row may take longer than who starts one.
    double overhead = Math.min(issue, shortTime / 2);
    double latency = shortTime - 2 * overhead;
    return new Calibration(
        new LogGp(latency, overhead, interval, Math.max(0, perByte), reducePerByte, copyPerByte));
  }

  /**
   * How long it takes until the last rank is done.
   *
   * @param way what all ranks do
   * @param ranks how many
   * @param bytes of the vector, or of one block
   * @return nanoseconds
   */
  public double nanos(Way way, int ranks, long bytes) {
    Request request = Forecast.request(way, ranks, bytes / Forecast.ELEMENT);
    return Simulation.runEarly(request, Forecast.ELEMENT, network).last();
  }

  /** For people. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "latency %.1f µs, overhead %.1f µs, gap %.1f µs, %.2f ns for each byte,"
            + " %.2f for each that is reduced, %.2f for each that is copied",
        network.latency() / 1e3,
        network.overhead() / 1e3,
        network.gap() / 1e3,
        network.gapPerByte(),
        network.reducePerByte(),
        network.copyPerByte());
  }
}
