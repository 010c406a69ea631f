package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import org.junit.jupiter.api.Test;

/** Over TCP. */
class TcpCommunicatorTest extends CommunicatorContract {
  TcpCommunicatorTest() throws Exception {
    super(TransportConfig.defaults().withRdma(RdmaMode.OFF));
  }

  @Test
  void shouldFindAMessageBehindOneThatIsTooLongToWait() throws Exception {
    ranks.run(
        world -> {
          if (world.rank() == 0) {
            // More than may wait for its receive.
            CollectiveOperation large =
                world.startSend(Elements.of(new byte[(64 << 20) + 1_000_000]), 1, 1);
            world.send(Elements.of(9), 1, 2);
            large.await();
          } else if (world.rank() == 1) {
            int[] small = new int[1];
            world.receive(Elements.of(small), 0, 2);
            assertEquals(9, small[0]);
            byte[] large = new byte[(64 << 20) + 1_000_000];
            assertEquals(large.length, world.receive(Elements.of(large), 0, 1).count());
          }
          world.barrier();
        });
  }
}
