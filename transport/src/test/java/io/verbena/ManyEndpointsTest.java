package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an idle endpoint costs, counted over 10,000 of them in one transport. */
@Timeout(180)
class ManyEndpointsTest {
  /** Each has both of its ends here. */
  private static final int CONNECTIONS = 5_000;

  private static final int ENDPOINTS = 2 * CONNECTIONS;

  /** The project's bar. */
  private static final long HEAP_BYTES = 4096;

  /**
   * What all of them may take outside the heap: the stock that is shared, whatever their number.
   */
  private static final long DIRECT_BYTES = 16 << 20;

  private static final int OTHER_DESCRIPTORS = 500;

  private final List<Endpoint> clients = new ArrayList<>();
  private final List<Endpoint> servers = new ArrayList<>();

  @Test
  void shouldHoldTenThousandEndpointsOfAtMostFourKibibytesEach() throws IOException {
    var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long free = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount();
    assumeTrue(
        free > ENDPOINTS + OTHER_DESCRIPTORS,
        () -> "this process may open only " + free + " more descriptors");
    try (Transport transport = Transport.open(TransportConfig.defaults().withRdma(RdmaMode.OFF));
        Listener listener = transport.listen(EndpointPair.anyPort())) {
      connect(transport, listener, 1);
      exchange();
      long heap = heap();
      long direct = direct();
      long start = System.nanoTime();
      connect(transport, listener, CONNECTIONS);
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertEquals(2 * (CONNECTIONS + 1), transport.counters().openEndpoints());
      long each = (heap() - heap) / ENDPOINTS;
      System.out.printf(
          "%d connections in %d ms, %d bytes of heap for each endpoint%n",
          CONNECTIONS, millis, each);
      assertTrue(each <= HEAP_BYTES, each + " bytes of heap for an idle endpoint");
      exchange();
      long outside = direct() - direct;
      assertTrue(outside <= DIRECT_BYTES, outside + " bytes outside the heap for all of them");
      long eachUsed = (heap() - heap) / ENDPOINTS;
      System.out.printf(
          "after a message through each connection: %d bytes of heap for each endpoint, %d bytes"
              + " outside the heap for all%n",
          eachUsed, outside);
      assertTrue(
          eachUsed <= HEAP_BYTES, eachUsed + " bytes of heap for an endpoint that is idle again");
    }
  }

  private void connect(Transport transport, Listener listener, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      clients.add(transport.connect(listener.address()));
      servers.add(listener.accept());
    }
  }

  /** A message through each: they are alive, all of them. */
  private void exchange() throws TransportException {
    for (int i = 0; i < clients.size(); i++) {
      clients.get(i).send(EndpointPair.number(i));
    }
    for (int i = 0; i < servers.size(); i++) {
      ByteBuf message = servers.get(i).receive();
      assertEquals(i, message.readLong());
      message.release();
    }
  }

  private static long heap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static long direct() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }
}
