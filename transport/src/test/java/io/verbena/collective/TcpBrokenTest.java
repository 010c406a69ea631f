package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.collective.CollectiveException.Kind;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Collectives that fail as soon as they start: they leave their communicator broken, too. */
@Timeout(60)
class TcpBrokenTest {
  private static final TransportConfig CONFIG = TransportConfig.defaults().withRdma(RdmaMode.OFF);

  private static void requireBroken(Communicator world) {
    var next = assertThrows(CollectiveException.class, world::barrier);
    assertEquals(Kind.BROKEN, next.kind(), next::getMessage);
  }

  @Test
  void shouldBeBrokenByASendToOneWhoHasLeft() throws Exception {
    try (Ranks ranks = new Ranks(2, CONFIG)) {
      ranks.run(
          world -> {
            world.setTimeout(Duration.ofSeconds(30));
            if (world.rank() == 1) {
              world.send(Elements.of(1), 0, 1);
              world.close();
              return;
            }
            world.receive(Elements.of(new int[1]), 1, 1);
            var noMore =
                assertThrows(
                    CollectiveException.class, () -> world.receive(Elements.of(new int[1]), 1, 1));
            assertEquals(Kind.RANK_LEFT, noMore.kind(), noMore::getMessage);
            var failure =
                assertThrows(
                    CollectiveException.class, () -> world.broadcast(Elements.of(1, 2, 3), 0));
            assertEquals(Kind.RANK_LEFT, failure.kind(), failure::getMessage);
            requireBroken(world);
          });
    }
  }

  @Test
  void shouldBeBrokenByAMessageOfAnotherLengthThatWaited() throws Exception {
    try (Ranks ranks = new Ranks(2, CONFIG)) {
      ranks.run(
          world -> {
            world.setTimeout(Duration.ofSeconds(30));
            boolean first = world.rank() == 0;
            long[] sum = new long[first ? 10 : 8];
            if (first) {
              // What came before this waits already.
              world.receive(Elements.of(new int[1]), 1, 1);
            }
            CollectiveOperation under =
                world.starting().allReduce(Elements.inPlace(), Elements.of(sum), Reduction.SUM);
            if (!first) {
              world.send(Elements.of(1), 0, 1);
            }
            var failure = assertThrows(CollectiveException.class, under::await);
            assertEquals(Kind.LENGTHS_DIFFER, failure.kind(), failure::getMessage);
            requireBroken(world);
          });
    }
  }
}
