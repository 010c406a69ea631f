package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The world is closed while operations of a communicator that was made of it are under way. */
@Timeout(60)
class TcpCloseTest {
  private static final TransportConfig CONFIG = TransportConfig.defaults().withRdma(RdmaMode.OFF);

  private static void assertClosed(CollectiveOperation operation) {
    var failure = assertThrows(CollectiveException.class, operation::await, operation::toString);
    assertEquals(CollectiveException.Kind.CLOSED, failure.kind(), operation::toString);
  }

  @Test
  void shouldFailWhatIsUnderWay() throws Exception {
    try (Ranks ranks = new Ranks(2, CONFIG)) {
      ranks.run(
          world -> {
            Communicator child = world.duplicate();
            child.setTimeout(Duration.ofSeconds(30));
            if (world.rank() == 0) {
              var started =
                  List.of(
                      child.starting().barrier(),
                      child.startReceive(Elements.of(new int[1]), 1, 1),
                      child.startReceive(Elements.of(new int[1]), Communicator.ANY_SOURCE, 2),
                      // More than sockets hold.
                      child.startSend(Elements.of(new byte[64 << 20]), 1, 3));
              var waiting = new CountDownLatch(1);
              var elsewhere =
                  new FutureTask<>(
                      () -> {
                        waiting.countDown();
                        assertClosed(started.getFirst());
                        return null;
                      });
              Thread.ofPlatform().daemon().start(elsewhere);
              waiting.await();
              world.close();
              elsewhere.get(20, TimeUnit.SECONDS);
              started.forEach(TcpCloseTest::assertClosed);
              assertClosed(child.startReceive(Elements.of(new int[1]), 1, 1));
            } else {
              var failure =
                  assertThrows(
                      CollectiveException.class,
                      () -> child.receive(Elements.of(new int[1]), 0, 4));
              assertEquals(CollectiveException.Kind.RANK_LEFT, failure.kind());
            }
          });
    }
  }

  @Test
  void shouldNotTakeWhatComesThen() throws Exception {
    var sent = new CyclicBarrier(2);
    try (Ranks ranks = new Ranks(2, CONFIG)) {
      ranks.run(
          world -> {
            Communicator child = world.duplicate();
            child.setTimeout(Duration.ofSeconds(20));
            if (world.rank() == 0) {
              CollectiveOperation receive = child.startReceive(Elements.of(new int[1]), 1, 1);
              sent.await(20, TimeUnit.SECONDS);
              world.close();
              assertClosed(receive);
            } else {
              child.send(Elements.of(7), 0, 1);
              sent.await(20, TimeUnit.SECONDS);
              // Says goodbye, which the other one waits for.
              world.close();
            }
          });
    }
  }
}
