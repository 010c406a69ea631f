package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import io.verbena.verbs.Context;
import io.verbena.verbs.GidEntry;
import io.verbena.verbs.GidType;
import io.verbena.verbs.SecondDevice;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** Which port carries an endpoint, where there is a choice, and what is said about it. */
@RdmaTest
@Isolated("a test that runs meanwhile may take the second device for its own")
@Timeout(120)
class RdmaChoosingTest {
  private static final TransportConfig ANY = EndpointPair.PATIENT;
  private static final TransportConfig SECOND = ANY.withDevice(SecondDevice.NAME);

  private static final int LONG = 1 << 20;

  /** Found before there is a second one, which may come first in the list. */
  private String first;

  @BeforeEach
  void find() throws IOException {
    first = RdmaDevice.find().name();
  }

  private static void requireMessage(Endpoint from, Endpoint to) throws IOException {
    from.send(EndpointPair.number(11));
    ByteBuf received = to.receive();
    assertEquals(11, received.readLong());
    received.release();
  }

  private static Link.Tcp requireTcp(Endpoint endpoint) {
    return assertInstanceOf(Link.Tcp.class, endpoint.link(), endpoint.linkReport()::toString);
  }

  @Test
  void shouldSayWhatWasChosen() throws IOException {
    TransportConfig config = ANY.withDevice(first);
    try (var pair = new EndpointPair(config)) {
      LinkReport report = pair.client.linkReport();
      assertEquals(new Link.Rdma(first, 1), report.link());
      assertTrue(report.path().contains("partition 0x"), report::path);
      assertTrue(report.path().contains("MTU "), report::path);
      assertTrue(report.path().contains(", to " + first + ":1 "), report::path);
      assertEquals(pair.client.link(), report.link());
    }
  }

  @Test
  void shouldUseThePinnedDevice() throws IOException {
    try (SecondDevice _ = SecondDevice.add();
        var pair = new EndpointPair(SECOND)) {
      assertEquals(new Link.Rdma(SecondDevice.NAME, 1), pair.client.link());
      assertEquals(new Link.Rdma(SecondDevice.NAME, 1), pair.server.link());
      requireMessage(pair.client, pair.server);
    }
  }

  @Test
  void shouldUseTheDeviceThatTheTcpConnectionRunsThrough() throws IOException {
    try (SecondDevice _ = SecondDevice.add();
        Transport transport = Transport.open(ANY);
        Listener listener = transport.listen(new InetSocketAddress(0))) {
      requireLink(transport, listener, SecondDevice.ADDRESS, SecondDevice.NAME);
      String address = System.getenv("TESTBED_ADDRESS");
      requireLink(transport, listener, address, first);
      // One transport has used both: its memory is registered with both.
      requireLink(transport, listener, SecondDevice.ADDRESS, SecondDevice.NAME);
    }
  }

  private void requireLink(Transport transport, Listener listener, String address, String device)
      throws IOException {
    try (Endpoint client =
            transport.connect(new InetSocketAddress(address, listener.address().getPort()));
        Endpoint server = listener.accept()) {
      assertEquals(new Link.Rdma(device, 1), client.link(), client.linkReport()::toString);
      assertEquals(client.link(), server.link());
      String other = device.equals(SecondDevice.NAME) ? first : SecondDevice.NAME;
      assertEquals(
          List.of(other + ":1: not the network of the TCP connection"),
          client.linkReport().passedOver());
      requireMessage(client, server);
      requireMessage(server, client);
      requireLongMessage(transport, client, server);
      requireGrant(transport, client, server);
    }
  }

  /** From the transport's own buffers, which are of one of its adapters. */
  private static void requireLongMessage(Transport transport, Endpoint from, Endpoint to)
      throws IOException {
    ByteBuf sent = transport.allocator().directBuffer(LONG).writeZero(LONG - 1).writeByte(5);
    from.send(sent);
    ByteBuf received = to.receive();
    assertEquals(LONG, received.readableBytes());
    assertEquals(5, received.getByte(LONG - 1));
    received.release();
  }

  private static void requireGrant(Transport transport, Endpoint client, Endpoint server)
      throws IOException {
    try (RegisteredMemory memory = transport.allocate(4096)) {
      requireGrant(memory, client, server);
    }
  }

  /** Memory of both sides, zeroed. */
  private static void requireGrant(RegisteredMemory memory, Endpoint client, Endpoint server)
      throws IOException {
    RemoteMemory remote = server.grant(memory, RemoteAccess.ATOMIC, RemoteAccess.WRITE);
    assertEquals(0, client.fetchAdd(remote, 0, 3).await());
    assertEquals(3, client.fetchAdd(remote, 0, 1).await());
    client.write(memory, 0, remote, 8, 8).await();
    assertEquals(4, memory.segment().get(ValueLayout.JAVA_LONG, 8));
  }

  @Test
  void shouldSayThatABetterPortIsDown() throws Exception {
    try (SecondDevice _ = SecondDevice.add()) {
      SecondDevice.down();
      try (var pair = new EndpointPair(ANY)) {
        assertEquals(new Link.Rdma(first, 1), pair.client.link());
        assertEquals(
            List.of(SecondDevice.NAME + ":1: port DOWN: check the link"),
            pair.client.linkReport().passedOver());
        assertTrue(pair.client.linkReport().toString().contains("not " + SecondDevice.NAME));
      }
      try (Transport transport = Transport.open(SECOND)) {
        assertEquals(
            SecondDevice.NAME + ":1: port DOWN: check the link",
            transport.rdmaUnavailable().orElse(""));
      }
      var failure =
          assertThrows(
              TransportException.class, () -> Transport.open(SECOND.withRdma(RdmaMode.REQUIRED)));
      assertEquals(Kind.RDMA_UNAVAILABLE, failure.kind());
    }
  }

  /** What was wrong with the port that was tried is one reason, that of each other port another. */
  @Test
  void shouldSayOverTcpTooWhatIsWrongWithTheOtherPorts() throws IOException {
    List<GidEntry> gids = gids();
    int four = gids.stream().filter(each -> each.gid().isIpv4Mapped()).toList().getFirst().index();
    int six = gids.stream().filter(each -> !each.gid().isIpv4Mapped()).toList().getFirst().index();
    String down = SecondDevice.NAME + ":1: port DOWN";
    try (SecondDevice _ = SecondDevice.add()) {
      SecondDevice.down();
      try (var pair = new EndpointPair(ANY.withGidIndex(four), ANY.withGidIndex(six))) {
        for (Endpoint each : List.of(pair.client, pair.server)) {
          assertTrue(requireTcp(each).why().contains("no pair of ports fits"));
          List<String> others = each.linkReport().passedOver();
          assertEquals(1, others.size(), others::toString);
          assertTrue(others.getFirst().startsWith(down), others::toString);
        }
        var required = ANY.withGidIndex(four).withRdma(RdmaMode.REQUIRED);
        try (Transport transport = Transport.open(required);
            Listener listener = pair.serverTransport.listen(EndpointPair.anyPort())) {
          var failure =
              assertThrows(TransportException.class, () -> transport.connect(listener.address()));
          assertEquals(Kind.RDMA_UNAVAILABLE, failure.kind());
          assertTrue(failure.getMessage().contains("no pair of ports fits"), failure.getMessage());
          assertTrue(failure.getMessage().contains("not " + down), failure.getMessage());
        }
      }
    }
  }

  /** A transport that is open sees it, and may use the port again when it is back. */
  @Test
  void shouldNotOfferAPortThatHasGoneDown() throws Exception {
    try (SecondDevice _ = SecondDevice.add();
        Transport transport = Transport.open(ANY);
        Listener listener = transport.listen(new InetSocketAddress(0))) {
      requireLink(transport, listener, SecondDevice.ADDRESS, SecondDevice.NAME);
      SecondDevice.down();
      // What is known of ports is a second old at most.
      Thread.sleep(1500);
      var to =
          new InetSocketAddress(System.getenv("TESTBED_ADDRESS"), listener.address().getPort());
      try (Endpoint client = transport.connect(to);
          Endpoint server = listener.accept()) {
        assertEquals(new Link.Rdma(first, 1), client.link());
        assertEquals(
            List.of(SecondDevice.NAME + ":1: port DOWN: check the link"),
            client.linkReport().passedOver());
        assertEquals(client.linkReport().passedOver(), server.linkReport().passedOver());
        requireMessage(client, server);
      }
    }
  }

  /** What the transport had allocated before reaches the peer through it, too. */
  @Test
  void shouldUseAPortThatComesUpLater() throws Exception {
    try (SecondDevice _ = SecondDevice.add()) {
      SecondDevice.down();
      try (Transport transport = Transport.open(ANY);
          Listener listener = transport.listen(new InetSocketAddress(0));
          RegisteredMemory before = transport.allocate(4096)) {
        try (Endpoint client = transport.connect(through(first, listener));
            Endpoint server = listener.accept()) {
          assertEquals(new Link.Rdma(first, 1), client.link());
          requireMessage(client, server);
        }
        SecondDevice.up();
        awaitLink(transport, listener, SecondDevice.NAME);
        requireLink(transport, listener, SecondDevice.ADDRESS, SecondDevice.NAME);
        try (Endpoint client = transport.connect(through(SecondDevice.NAME, listener));
            Endpoint server = listener.accept()) {
          requireGrant(before, client, server);
        }
        requireLink(transport, listener, System.getenv("TESTBED_ADDRESS"), first);
      }
    }
  }

  @Test
  void shouldUseTheOnlyPortWhenItComesUp() throws Exception {
    try (SecondDevice _ = SecondDevice.add()) {
      SecondDevice.down();
      try (Transport transport = Transport.open(SECOND);
          Listener listener = transport.listen(new InetSocketAddress(0));
          RegisteredMemory before = transport.allocate(4096)) {
        String down = SecondDevice.NAME + ":1: port DOWN: check the link";
        assertEquals(Optional.of(down), transport.rdmaUnavailable());
        assertNull(before.region());
        try (Endpoint client = transport.connect(through(first, listener));
            Endpoint server = listener.accept()) {
          assertEquals(down, requireTcp(client).why());
          assertEquals(down, requireTcp(server).why());
          requireLongMessage(transport, client, server);
          requireGrant(transport, client, server);
        }
        SecondDevice.up();
        awaitLink(transport, listener, SecondDevice.NAME);
        assertEquals(Optional.empty(), transport.rdmaUnavailable());
        try (Endpoint client = transport.connect(through(SecondDevice.NAME, listener));
            Endpoint server = listener.accept()) {
          assertEquals(new Link.Rdma(SecondDevice.NAME, 1), server.link());
          requireMessage(server, client);
          requireLongMessage(transport, client, server);
          assertEquals(0, transport.counters().foreignBuffersCopied());
          requireGrant(before, client, server);
          requireGrant(transport, client, server);
        }
      }
    }
  }

  /** Of the network of one of the devices. */
  private InetSocketAddress through(String device, Listener listener) {
    String address = device.equals(first) ? System.getenv("TESTBED_ADDRESS") : SecondDevice.ADDRESS;
    return new InetSocketAddress(address, listener.address().getPort());
  }

  /** What is known of ports is a second old at most. */
  private void awaitLink(Transport transport, Listener listener, String device) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    Link link;
    do {
      Thread.sleep(200);
      try (Endpoint client = transport.connect(through(device, listener));
          Endpoint _ = listener.accept()) {
        link = client.link();
      }
    } while (!link.equals(new Link.Rdma(device, 1)) && System.nanoTime() < deadline);
    assertEquals(new Link.Rdma(device, 1), link);
  }

  /** Between two soft-RoCE devices of one host there is no way. */
  @Test
  void shouldFallBackWhereThereIsNoWayBetweenTheChosenPorts() throws IOException {
    TransportConfig quick = ANY.withDevice(first).withConnectTimeout(Duration.ofSeconds(20));
    try (SecondDevice _ = SecondDevice.add();
        var pair = new EndpointPair(quick, SECOND)) {
      for (Endpoint each : List.of(pair.client, pair.server)) {
        String why = requireTcp(each).why();
        assertTrue(why.contains("could not be connected"), why);
        assertTrue(why.contains("cannot be reached"), why);
      }
      requireMessage(pair.client, pair.server);
      requireMessage(pair.server, pair.client);
    }
  }

  @Test
  void shouldUseThePinnedGid() throws IOException {
    GidEntry last = gids().getLast();
    TransportConfig config = ANY.withDevice(first).withGidIndex(last.index());
    try (var pair = new EndpointPair(config)) {
      assertInstanceOf(Link.Rdma.class, pair.client.link(), pair.client.link()::toString);
      String expected = "GID %d %s".formatted(last.index(), last.gid());
      assertTrue(
          pair.client.linkReport().path().contains(expected), pair.client.linkReport()::path);
    }
  }

  @Test
  void shouldFallBackWhenTheAddressesAreOfDifferentFamilies() throws IOException {
    List<GidEntry> gids = gids();
    int four = gids.stream().filter(each -> each.gid().isIpv4Mapped()).toList().getFirst().index();
    int six = gids.stream().filter(each -> !each.gid().isIpv4Mapped()).toList().getFirst().index();
    TransportConfig config = ANY.withDevice(first);
    try (var pair = new EndpointPair(config.withGidIndex(four), config.withGidIndex(six))) {
      String expected =
          "no pair of ports fits: %s:1 has no IPv6 address, which %s:1 has".formatted(first, first);
      assertEquals(expected, requireTcp(pair.client).why());
      assertEquals("the peer says: " + expected, requireTcp(pair.server).why());
      requireMessage(pair.client, pair.server);
    }
  }

  private static List<GidEntry> gids() throws IOException {
    try (Context context = RdmaDevice.find().open()) {
      return context.gids(1).stream().filter(each -> each.type() == GidType.ROCE_V2).toList();
    }
  }

  @Test
  void shouldFallBackWithoutThePinnedPartition() throws IOException {
    try (var pair = new EndpointPair(ANY.withDevice(first).withPkey(0x8005), ANY)) {
      String expected = first + ":1: it is not in partition 0x8005";
      assertEquals(expected, requireTcp(pair.client).why());
      assertEquals("the peer has none: " + expected, requireTcp(pair.server).why());
    }
  }
}
