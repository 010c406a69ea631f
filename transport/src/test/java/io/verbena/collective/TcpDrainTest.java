package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.time.Duration;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A collective that has failed, and waits for a rank that computes to take what it is being sent:
 * who waits for the end waits no longer than until the deadline.
 */
class TcpDrainTest {
  private static final TransportConfig CONFIG = TransportConfig.defaults().withRdma(RdmaMode.OFF);

  /** More than sockets hold, of which others get parts. */
  private static final int LONG = 64 << 20;

  /** Much less than a rank may take where nobody waits for it. */
  private static final Duration SOON = Duration.ofSeconds(15);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Timeout(90)
  void shouldEndAtTheDeadlineAlthoughItHasFailedBefore(boolean cancelled) throws Exception {
    var sending = new CyclicBarrier(3);
    var ended = new CyclicBarrier(2);
    try (Ranks ranks = new Ranks(3, CONFIG)) {
      ranks.run(
          world -> {
            int rank = world.rank();
            world.allToAll(Elements.of(1, 2, 3), Elements.of(new int[3]));
            if (rank == 0) {
              CollectiveOperation broadcast =
                  world.starting().broadcast(Elements.of(new byte[LONG]), 0);
              sending.await(20, TimeUnit.SECONDS);
              assertTimeout(
                  SOON,
                  () -> {
                    if (cancelled) {
                      while (!world.scope.isBroken()) {
                        broadcast.isDone();
                      }
                      broadcast.cancel();
                    }
                    var failure =
                        assertThrows(
                            CollectiveException.class,
                            () -> broadcast.await(Duration.ofSeconds(3)));
                    // It had failed before that.
                    assertNotEquals(CollectiveException.Kind.TIMEOUT, failure.kind());
                    assertNotEquals(CollectiveException.Kind.CANCELLED, failure.kind());
                  });
              ended.await(20, TimeUnit.SECONDS);
            } else {
              sending.await(20, TimeUnit.SECONDS);
              if (rank == 2) {
                world.close();
              } else {
                // Computes.
                ended.await(60, TimeUnit.SECONDS);
              }
            }
          });
    }
  }
}
