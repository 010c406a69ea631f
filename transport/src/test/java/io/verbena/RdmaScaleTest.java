package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A transport with very many queue pairs. */
@RdmaTest
@Timeout(540)
class RdmaScaleTest {
  private static final int COUNT = 1000;

  @Test
  void shouldHoldAThousandQueuePairs() throws IOException {
    TransportConfig config = EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED);
    try (Transport server = Transport.open(config);
        Listener listener = server.listen(EndpointPair.anyPort());
        Transport client = Transport.open(config)) {
      List<Endpoint> mine = new ArrayList<>();
      List<Endpoint> theirs = new ArrayList<>();
      connect(client, listener, mine, theirs);
      long heapBefore = heap();
      long start = System.nanoTime();
      while (mine.size() < COUNT) {
        connect(client, listener, mine, theirs);
      }
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      long each = (heap() - heapBefore) / (2L * COUNT);
      System.out.printf(
          "%d connections in %d ms, %d bytes of heap for each endpoint%n", COUNT, millis, each);
      for (int i = 0; i < COUNT; i++) {
        mine.get(i).send(EndpointPair.number(i));
      }
      for (int i = 0; i < COUNT; i++) {
        ByteBuf received = theirs.get(i).receive();
        assertEquals(i, received.readLong());
        received.release();
      }
      assertTrue(each < 16 << 10, each + " bytes of heap for each endpoint");
    }
  }

  private static void connect(
      Transport client, Listener listener, List<Endpoint> mine, List<Endpoint> theirs)
      throws IOException {
    Endpoint endpoint = client.connect(listener.address());
    assertInstanceOf(Link.Rdma.class, endpoint.link());
    mine.add(endpoint);
    theirs.add(listener.accept());
  }

  private static long heap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
