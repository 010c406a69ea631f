package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A rank that closes its world while others are in a collective. */
class TcpRankLeavesTest {
  private static final TransportConfig CONFIG = TransportConfig.defaults().withRdma(RdmaMode.OFF);

  /** Rank 1 needs rank 3, which is not in the collective any more, and not rank 2. */
  @Test
  @Timeout(60)
  void shouldTellThoseWhoDoNotNeedIt() throws Exception {
    try (Ranks ranks = new Ranks(4, CONFIG)) {
      ranks.run(
          world -> {
            world.setTimeout(Duration.ofSeconds(30));
            int rank = world.rank();
            if (rank == 2) {
              // Connects those who need it in the collective.
              world.send(Elements.of(0), 0, 1);
              world.send(Elements.of(0), 3, 1);
              world.close();
              return;
            } else if (rank != 1) {
              world.receive(Elements.of(new int[1]), 2, 1);
            }
            long[] sum = {rank};
            var run = world.scope.newRun();
            Request request = Request.of(Algorithm.ALL_REDUCE_RECURSIVE_DOUBLING, 4, 1).at(rank);
            run.prepare(
                request.withInPlace(true).compile(),
                Elements.inPlace(),
                Elements.of(sum),
                Long.BYTES,
                Kernels.of(Reduction.SUM, Elements.of(sum).layout()));
            var failure =
                assertThrows(CollectiveException.class, () -> world.scope.complete(run, "test"));
            assertEquals(CollectiveException.Kind.RANK_LEFT, failure.kind(), failure::getMessage);
            assertEquals(2, failure.rank().orElseThrow());
            try (Communicator rest = world.shrink()) {
              long[] left = {rank};
              rest.allReduce(Elements.inPlace(), Elements.of(left), Reduction.SUM);
              assertArrayEquals(new long[] {4}, left);
            }
          });
    }
  }
}
