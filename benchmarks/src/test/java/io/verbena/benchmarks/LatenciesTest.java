package io.verbena.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class LatenciesTest {
  /** When exchanges began that took 1, 2, 3, 4, 5, 90 and 100 us. */
  private static final long[] BEGAN = {0, 1_000, 3_000, 6_000, 10_000, 15_000, 105_000, 205_000};

  @Test
  void shouldLeaveTheTwoLongestOutOfMedianAndMean() {
    Latencies latencies = Latencies.of(BEGAN, false);

    assertEquals(3, latencies.typical());
    assertEquals(3, latencies.mean());
    assertEquals(90, latencies.p99());
  }

  @Test
  void shouldCountHalfOfTheWayThereAndBack() {
    assertEquals(1.5, Latencies.of(BEGAN, true).typical());
  }

  @Test
  void shouldReadWhatItWrites() {
    Latencies latencies = new Latencies(1.5, 2.25, 1234.125);

    assertEquals(latencies, Latencies.parse(latencies.toString()));
  }
}
