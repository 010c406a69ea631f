package io.verbena.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.collective.MeasuredRank;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That there is a network, and that it is as slow as it should be: not how fast ranks are. */
@Timeout(120)
class NetworkedRanksTest {
  private static final int MEGABITS = 50;

  @BeforeAll
  static void requireNamespaces() {
    assumeTrue(
        System.getProperty("user.name").equals("root") && ProgramPair.isInstalled("tc"),
        "network namespaces with slow adapters need root and iproute2");
  }

  @Test
  void shouldMeasureOnAdaptersThatAreSlow() throws IOException {
    try (NetworkedRanks ranks = NetworkedRanks.start(3, MEGABITS)) {
      assertEquals("compiled", ranks.ask("group 2"));
      assertEquals("prepared", ranks.ask("prepare broadcast 0 1048576"));
      long bits = 8L << 20;
      // The kernel keeps to the rate; how much longer it takes is up to the machine.
      assertTrue(ranks.run() > TimeUnit.SECONDS.toNanos(bits) / (MEGABITS * 1_000_000L));
      assertEquals(MeasuredRank.NOTHING, ranks.ask("group 0"));
    }
  }

  @Test
  void shouldSayWhichRankEnded() throws IOException {
    try (NetworkedRanks ranks = NetworkedRanks.start(1, MEGABITS)) {
      IOException ended = assertThrows(IOException.class, () -> ranks.ask("nonsense"));
      assertTrue(ended.getMessage().startsWith("rank 0 ended before its time: "));
      assertTrue(ended.getMessage().contains("unknown: nonsense"), ended::getMessage);
    }
  }
}
