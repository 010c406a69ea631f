package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.verbs.Gid;
import io.verbena.verbs.WorkStatus;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Addresses, options and parameters, seen by what they change. */
@RdmaTest
class OptionsTest {
  private static final ConnectionParameters DEFAULTS = ConnectionParameters.defaults();

  @Test
  void shouldConnectOverIpv6() throws Exception {
    byte[] bytes = CmFixture.address(Gid::isLinkLocal).getAddress();
    InetSocketAddress local =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(each -> java.util.Arrays.equals(each.getAddress(), bytes))
            .map(each -> new InetSocketAddress(each, 0))
            .findFirst()
            .orElse(new InetSocketAddress(0));
    Assumptions.assumeTrue(
        local.getAddress() instanceof Inet6Address, "no interface has the device's IPv6 address");
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.passive.listen(local);
        Side left = cm.left();
        Side right = cm.right()) {
      assertEquals(local.getAddress(), listener.localAddress().getAddress());
      CmFixture.Ends ends = cm.connect(listener, left, right);
      assertEquals(local.getAddress(), ends.client().remoteAddress().getAddress());
      right.expect();
      left.send("over IPv6");
      assertEquals("over IPv6", right.receive());
    }
  }

  @Test
  void shouldNameAPortThatIsTaken() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen()) {
      ConnectionException e =
          assertThrows(ConnectionException.class, () -> cm.active.listen(listener.localAddress()));
      assertTrue(e.getMessage().contains("EADDRINUSE"), e.getMessage());
      assertTrue(e.getMessage().contains("choose another"), e.getMessage());
      assertEquals(ConnectionFailure.REFUSED, e.failure());
    }
  }

  @Test
  void shouldShareASourcePortOnlyWhenAsked() throws Exception {
    InetSocketAddress source = CmFixture.address(23_456);
    AddressOptions plain = AddressOptions.defaults().withSource(source);
    AddressOptions shared = plain.withReuseAddress(true);
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen()) {
      InetSocketAddress remote = listener.localAddress();
      try (Route first = cm.active.resolve(remote, plain, Side.PATIENCE)) {
        assertEquals(source, first.localAddress());
        assertThrows(
            ConnectionException.class, () -> cm.active.resolve(remote, plain, Side.PATIENCE));
      }
      try (Route first = cm.active.resolve(remote, shared, Side.PATIENCE);
          Route second = cm.active.resolve(remote, shared, Side.PATIENCE)) {
        assertEquals(first.localAddress(), second.localAddress());
      }
    }
  }

  @Test
  void shouldLeaveIpv4ToOthersWhenAsked() throws Exception {
    InetAddress six = InetAddress.getByAddress(new byte[16]);
    InetAddress four = InetAddress.getByAddress(new byte[4]);
    AddressOptions options = AddressOptions.defaults();
    try (CmFixture cm = new CmFixture()) {
      try (ConnectionListener only =
              cm.passive.listen(
                  new InetSocketAddress(six, 0), options.withAddressFamilyOnly(true), 8);
          ConnectionListener other =
              cm.passive.listen(new InetSocketAddress(four, only.localAddress().getPort()))) {
        assertEquals(only.localAddress().getPort(), other.localAddress().getPort());
      }
      try (ConnectionListener both =
          cm.passive.listen(
              new InetSocketAddress(six, 0), options.withAddressFamilyOnly(false), 8)) {
        assertThrows(
            ConnectionException.class,
            () -> cm.passive.listen(new InetSocketAddress(four, both.localAddress().getPort())));
      }
    }
  }

  @Test
  void shouldGiveUpADeadQueuePairAfterTheAckTimeout() throws Exception {
    AddressOptions quick = AddressOptions.defaults().withAckTimeout(14);
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      CompletableFuture<Connection> accepting =
          CmFixture.start(
              () ->
                  listener
                      .await(Side.PATIENCE)
                      .orElseThrow()
                      .accept(right.pair, DEFAULTS, Side.PATIENCE));
      Connection client =
          cm.active
              .resolve(listener.localAddress(), quick, Side.PATIENCE)
              .connect(left.pair, DEFAULTS, Side.PATIENCE);
      accepting.get();
      right.pair.close();
      long start = System.nanoTime();
      assertTrue(left.pair.sends().signaled().send(1, left.region, 0, 8).submit());
      assertEquals(WorkStatus.RETRY_EXCEEDED, left.next().status());
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      // 67 ms, seven times; with the connection manager's own timeout it would be 15 s.
      assertTrue(took < 8000, "took " + took + " ms");
      assertEquals(ConnectionState.CONNECTED, client.state());
    }
  }

  @Test
  void shouldFailTheClientOfAnAcceptorWithoutPatience() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      CompletableFuture<Connection> accepting =
          CmFixture.start(
              () ->
                  listener
                      .await(Side.PATIENCE)
                      .orElseThrow()
                      .accept(right.pair, DEFAULTS.withRnrRetryCount(0), Side.PATIENCE));
      Connection client = cm.resolve(listener).connect(left.pair, DEFAULTS, Side.PATIENCE);
      accepting.get();
      assertEquals(0, client.peer().orElseThrow().rnrRetryCount());
      assertTrue(left.pair.sends().signaled().send(1, left.region, 0, 8).submit());
      assertEquals(WorkStatus.RNR_RETRY_EXCEEDED, left.next().status());
    }
  }

  @Test
  void shouldWaitForAReceiveByDefault() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right()) {
      cm.connect(listener, left, right);
      assertTrue(left.pair.sends().signaled().send(1, left.region, 0, 8).submit());
      assertFalse(left.queue.await(Duration.ofMillis(500)));
      right.expect();
      assertEquals(8, right.receive().length());
      assertEquals(WorkStatus.SUCCESS, left.next().status());
    }
  }

  @Test
  void shouldRefuseAQueuePairThatDoesNotFit() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Route route =
            cm.active.resolve(
                listener.localAddress(),
                AddressOptions.defaults().withPortSpace(PortSpace.UDP),
                Side.PATIENCE)) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> route.prepare(left.pair));
      assertTrue(e.getMessage().contains("DATAGRAM"), e.getMessage());
      assertThrows(
          IllegalArgumentException.class,
          () ->
              route.connect(
                  left.pair,
                  DEFAULTS.withPrivateData(PrivateData.raw(new byte[200])),
                  Side.PATIENCE));
      assertTrue(route.isOpen());
    }
  }

  @Test
  void shouldTellWhereAnUnknownHostNameCameFrom() throws Exception {
    try (CmFixture cm = new CmFixture()) {
      ConnectionException e =
          assertThrows(
              ConnectionException.class,
              () ->
                  cm.active.resolve(
                      InetSocketAddress.createUnresolved("no.such.host", 1), Side.PATIENCE));
      assertEquals(ConnectionFailure.NO_ADDRESS, e.failure());
      assertTrue(e.getMessage().contains("no.such.host"), e.getMessage());
    }
  }
}
