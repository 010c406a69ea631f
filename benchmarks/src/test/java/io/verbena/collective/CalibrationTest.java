package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.verbena.collective.Forecast.Way;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CalibrationTest {
  private static final LogGp NETWORK = new LogGp(40_000, 5_000, 12_000, 160, 1, 0.5);

  /** What two ranks of that network would measure. */
  private static Calibration calibrated() {
    var oneWay = new TreeMap<Integer, Double>();
    for (int bytes : new int[] {8, 4096, 65536, 1 << 20}) {
      oneWay.put(bytes, NETWORK.latency() + 2 * NETWORK.overhead() + NETWORK.stream(bytes));
    }
    return Calibration.of(oneWay, 5_000, 12_000, 1, 0.5);
  }

  @Test
  void shouldPredictWithTheNetworkThatWasMeasured() {
    for (String collective : Forecast.collectives()) {
      for (Way way : Forecast.ways(collective)) {
        Request request = Forecast.request(way, 8, 1000);
        double expected = Simulation.runEarly(request, Forecast.ELEMENT, NETWORK).last();
        assertEquals(1, calibrated().nanos(way, 8, 8000) / expected, 1e-6, way.name());
      }
    }
  }

  @Test
  void shouldShowWhatWasFitted() {
    assertEquals(
        "latency 40.0 µs, overhead 5.0 µs, gap 12.0 µs, 160.00 ns for each byte,"
            + " 1.00 for each that is reduced, 0.50 for each that is copied",
        calibrated().toString());
  }
}
