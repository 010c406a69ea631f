package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A network that carries TCP and not RoCE. */
@TwoHostTest
@Timeout(120)
class FilteredPortTest {
  private static final TransportConfig CONFIG =
      EndpointPair.PATIENT.withProbeTimeout(Duration.ofSeconds(4));

  private static Endpoint connect(Transport transport) throws IOException, InterruptedException {
    var peer =
        new InetSocketAddress(
            System.getenv("TESTBED_PEER_ADDRESS"), Integer.getInteger("verbena.echo.port", 7482));
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      try {
        return transport.connect(peer);
      } catch (TransportException e) {
        // It may still be starting.
        if (e.kind() != Kind.ADDRESS || System.nanoTime() - deadline > 0) {
          throw e;
        }
        Thread.sleep(200);
      }
    }
  }

  private static void requireEcho(Endpoint endpoint) throws IOException {
    endpoint.send(EndpointPair.number(7));
    ByteBuf echo = endpoint.receive();
    assertEquals(7, echo.readLong());
    echo.release();
  }

  @Test
  void shouldFallBackWhereRoceIsFilteredAndReturnWhenItIsNot() throws Exception {
    try (Transport transport = Transport.open(CONFIG)) {
      requireRdma(transport);
      try (var filter = new Filter();
          Endpoint endpoint = connect(transport)) {
        var link = assertInstanceOf(Link.Tcp.class, endpoint.link(), endpoint.link()::toString);
        assertTrue(link.why().contains("UDP port 4791"), link.why());
        assertTrue(filter.dropped() > 0, "nothing was filtered");
        requireEcho(endpoint);
      }
      requireRdma(transport);
    }
  }

  @Test
  void shouldFailWhereRoceIsFilteredAndRdmaRequired() throws Exception {
    try (Transport transport = Transport.open(CONFIG.withRdma(RdmaMode.REQUIRED))) {
      requireRdma(transport);
      try (var filter = new Filter()) {
        var failure = assertThrows(TransportException.class, () -> connect(transport));
        assertEquals(Kind.RDMA_UNAVAILABLE, failure.kind(), failure.getMessage());
        assertTrue(failure.getMessage().contains("UDP port 4791"), failure.getMessage());
        assertTrue(filter.dropped() > 0, "nothing was filtered");
      }
      requireRdma(transport);
    }
  }

  private static void requireRdma(Transport transport) throws Exception {
    try (Endpoint endpoint = connect(transport)) {
      assertInstanceOf(Link.Rdma.class, endpoint.link(), endpoint.link()::toString);
      requireEcho(endpoint);
    }
  }

  /** RoCE packets that this host sends get lost until this is closed; TCP goes on. */
  static final class Filter implements AutoCloseable {
    private static final Pattern DROPPED =
        Pattern.compile("netem.*?dropped (\\d+)", Pattern.DOTALL);

    Filter() throws IOException {
      // A fourth band, into which nothing goes but by the filter.
      tc("qdisc add dev eth0 root handle 1: prio bands 4");
      tc("qdisc add dev eth0 parent 1:4 handle 40: netem loss 100%");
      tc(
          "filter add dev eth0 parent 1: protocol ip u32 match ip protocol 17 0xff"
              + " match ip dport 4791 0xffff flowid 1:4");
    }

    /** How many, as the kernel says. */
    long dropped() throws IOException {
      Matcher said = DROPPED.matcher(tc("-s qdisc show dev eth0"));
      assertTrue(said.find(), "there is no filter");
      return Long.parseLong(said.group(1));
    }

    @Override
    public void close() throws IOException {
      tc("qdisc del dev eth0 root");
    }

    private static String tc(String arguments) throws IOException {
      Process process =
          new ProcessBuilder(List.of(("tc " + arguments).split(" ")))
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      try {
        assertEquals(0, process.waitFor(), () -> "tc " + arguments + ": " + said);
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      return said;
    }
  }
}
