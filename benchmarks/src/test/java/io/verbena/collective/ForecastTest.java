package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.collective.Forecast.Way;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is continued against what is simulated, where that is possible. */
class ForecastTest {
  private static Way way(Algorithm algorithm) {
    return Forecast.ways(algorithm.collective().label()).stream()
        .filter(each -> each.name().startsWith(algorithm.label()))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(
      value = Algorithm.class,
      names = {
        "ALL_REDUCE_RING",
        "ALL_REDUCE_FIXED_TREE",
        "ALL_GATHER_RING",
        "ALL_TO_ALL_PAIRWISE",
        "ALL_TO_ALL_BRUCK",
        "BROADCAST_CHAIN",
        "BROADCAST_SCATTER_ALL_GATHER",
        "EXCLUSIVE_SCAN_LINEAR",
        "REDUCE_CHAIN",
        "REDUCE_SCATTER_RING",
        "REDUCE_SCATTER_PAIRWISE",
        "REDUCE_SCATTER_FIXED_TREE",
        "SCAN_LINEAR"
      })
  void shouldContinueWhatIsSimulated(Algorithm algorithm) {
    for (long bytes : new long[] {8, 4096, 1 << 20}) {
      double simulated = Forecast.simulated(way(algorithm), 600, bytes);
      double continued = Forecast.continued(way(algorithm), 600, bytes, 200);
      assertEquals(1, continued / simulated, 0.05, bytes + " bytes");
    }
  }

  @Test
  void shouldNameWhatTheTableChooses() {
    for (String collective : Forecast.collectives()) {
      List<String> names = Forecast.ways(collective).stream().map(Way::name).toList();
      assertTrue(names.contains(Forecast.chosen(collective, 1000, 64)), collective);
      assertTrue(names.contains(Forecast.chosen(collective, 1000, 4 << 20)), collective);
    }
  }
}
