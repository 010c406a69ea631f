package io.verbena.rdmacm;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaDevice;
import io.verbena.RdmaTest;
import io.verbena.verbs.Access;
import io.verbena.verbs.AddressHandle;
import io.verbena.verbs.AddressVector;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.Gid;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.QueuePairState;
import io.verbena.verbs.VerbsException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** Datagrams and multicast by IP address. */
@RdmaTest
class DatagramServiceTest {
  private static final AddressOptions UDP = AddressOptions.defaults().withPortSpace(PortSpace.UDP);
  private static final ConnectionParameters DEFAULTS = ConnectionParameters.defaults();
  private static final int HEADER = Completions.ROUTE_HEADER_BYTES;

  /** A datagram queue pair with memory: sends from 0, receives at 1024. */
  private static final class Box implements AutoCloseable {
    final ProtectionDomain domain;
    final CompletionQueue queue;
    final MemoryRegion region;
    final QueuePair pair;

    Box(Context context) throws VerbsException {
      domain = context.createDomain();
      queue = context.createCompletionQueue(64);
      region = domain.allocate(4096, Access.LOCAL_WRITE);
      pair =
          domain.createQueuePair(
              QueuePairConfig.datagram(queue).withSendDepth(8).withReceiveDepth(8));
    }

    void expect() throws VerbsException {
      assertTrue(pair.receives().receive(1, region, 1024, 1024).submit());
    }

    void send(DatagramPeer peer, int value) throws VerbsException {
      region.memory().set(ValueLayout.JAVA_INT, 0, value);
      try (AddressHandle handle = domain.createAddressHandle(peer.path())) {
        assertTrue(
            pair.sends()
                .to(handle, peer.queuePairNumber(), peer.queueKey())
                .signaled()
                .send(2, region, 0, 4)
                .submit());
        assertEquals(2, next().id());
      }
    }

    int receive() throws VerbsException {
      Completions done = next();
      assertEquals(1, done.id());
      assertEquals(HEADER + 4, done.byteCount());
      return region.memory().get(ValueLayout.JAVA_INT, 1024 + HEADER);
    }

    Completions next() throws VerbsException {
      assertTrue(queue.await(Side.PATIENCE), "no completion came");
      Completions done = queue.poll();
      assertTrue(done.next());
      assertTrue(done.succeeded(), () -> done.status().toString());
      return done;
    }

    @Override
    public void close() {
      pair.close();
      region.close();
      queue.close();
      domain.close();
    }
  }

  @Test
  void shouldFindADatagramService() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.passive.listen(CmFixture.address(0), UDP, 8);
        Box right = new Box(cm.passive.context(RdmaDevice.find()))) {
      CompletableFuture<Connection> accepting =
          CmFixture.start(
              () -> {
                ConnectionRequest request = listener.await(Side.PATIENCE).orElseThrow();
                assertEquals(180, request.privateData().length());
                assertEquals(
                    "who are you?",
                    new String(request.privateData().content().orElseThrow(), US_ASCII));
                request.prepare(right.pair);
                right.expect();
                return request.accept(
                    right.pair,
                    DEFAULTS.withPrivateData(PrivateData.sized((byte) 42)),
                    Side.PATIENCE);
              });
      try (Route route =
              cm.active.resolve(
                  listener.localAddress(), UDP.withTypeOfService(0x28), Side.PATIENCE);
          Box left = new Box(route.context());
          Connection client =
              route.connect(
                  left.pair,
                  DEFAULTS.withPrivateData(PrivateData.sized("who are you?".getBytes(US_ASCII))),
                  Side.PATIENCE)) {
        Connection server = accepting.get();
        assertEquals(QueuePairState.RTS, left.pair.state());
        assertEquals(QueuePairState.RTS, right.pair.state());
        assertEquals(ConnectionState.CONNECTED, server.state());
        assertEquals(136, client.privateData().length());
        assertEquals(42, client.privateData().content().orElseThrow()[0]);
        DatagramPeer peer = client.datagramPeer().orElseThrow();
        assertEquals(right.pair.number(), peer.queuePairNumber());
        assertEquals(0x28, peer.path().trafficClass());
        left.send(peer, 4711);
        assertEquals(4711, right.receive());
        assertTrue(
            assertThrows(IllegalStateException.class, client::disconnect)
                .getMessage()
                .contains("close()"));
      }
    }
  }

  @Test
  void shouldTellThatThereIsNoSuchService() throws Exception {
    try (CmFixture cm = new CmFixture();
        Box left = new Box(cm.active.context(RdmaDevice.find()))) {
      Route route = cm.active.resolve(CmFixture.address(5), UDP, Side.PATIENCE);
      ConnectionException e =
          assertThrows(
              ConnectionException.class, () -> route.connect(left.pair, DEFAULTS, Side.PATIENCE));
      assertEquals(ConnectionFailure.NO_LISTENER, e.failure(), e.toString());
      // Not REJECTED with 8, as of a connection.
      assertEquals("RDMA_CM_EVENT_UNREACHABLE", e.call());
      assertEquals(1, e.status());
    }
  }

  @Test
  void shouldRejectADatagramRequest() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.passive.listen(CmFixture.address(0), UDP, 8);
        Box left = new Box(cm.active.context(RdmaDevice.find()))) {
      Route route = cm.active.resolve(listener.localAddress(), UDP, Side.PATIENCE);
      CompletableFuture<Connection> connecting =
          CmFixture.start(() -> route.connect(left.pair, DEFAULTS, Side.PATIENCE));
      listener.await(Side.PATIENCE).orElseThrow().reject(PrivateData.none());
      ExecutionException e = assertThrows(ExecutionException.class, connecting::get);
      assertEquals(
          ConnectionFailure.REJECTED, ((ConnectionException) e.getCause()).failure(), e.toString());
    }
  }

  @Test
  void shouldReachAllMembersOfAGroup() throws Exception {
    InetAddress group = InetAddress.getByAddress(new byte[] {(byte) 239, 77, 1, 2});
    InetSocketAddress address = new InetSocketAddress(group, 0);
    AddressOptions from = UDP.withSource(CmFixture.address(0));
    try (CmFixture cm = new CmFixture();
        Route first = cm.active.resolve(address, from, Side.PATIENCE);
        Route second = cm.passive.resolve(address, from, Side.PATIENCE);
        Box left = new Box(first.context());
        Box right = new Box(second.context());
        MulticastMembership sender = first.join(group, left.pair, true, Side.PATIENCE)) {
      MulticastMembership receiver = second.join(right.pair, Side.PATIENCE);
      assertEquals(0xffffff, sender.group().queuePairNumber());
      assertEquals(receiver.group().path().gid(), sender.group().path().gid());
      right.expect();
      left.send(sender.group(), 815);
      assertEquals(815, right.receive());
      receiver.close();
      right.expect();
      left.send(sender.group(), 816);
      assertEquals(false, right.queue.await(Duration.ofMillis(300)));
      try (MulticastMembership again = second.join(right.pair, Side.PATIENCE)) {
        left.send(again.group(), 817);
        assertEquals(817, right.receive());
      }
    }
  }

  @Test
  void shouldRefuseToJoinWhereThereIsNoGroup() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.passive.listen(CmFixture.address(0), UDP, 8);
        Route route = cm.active.resolve(listener.localAddress(), UDP, Side.PATIENCE);
        Box left = new Box(route.context())) {
      assertThrows(IllegalArgumentException.class, () -> route.join(left.pair, Side.PATIENCE));
      InetAddress group = InetAddress.getByAddress(new byte[] {(byte) 239, 77, 1, 2});
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class,
              () -> route.join(group, left.pair, false, Side.PATIENCE));
      assertTrue(e.getMessage().contains("resolve the group's address"), e.getMessage());
    }
  }

  @Test
  void shouldJoinAnotherGroupAfterOneWasGivenUp() throws Exception {
    InetAddress one = InetAddress.getByAddress(new byte[] {(byte) 239, 77, 1, 3});
    InetAddress other = InetAddress.getByAddress(new byte[] {(byte) 239, 77, 1, 4});
    try (CmFixture cm = new CmFixture();
        Route route =
            cm.active.resolve(
                new InetSocketAddress(one, 0),
                UDP.withSource(CmFixture.address(0)),
                Side.PATIENCE);
        Box box = new Box(route.context())) {
      MulticastMembership wanted = route.join(one, box.pair, true, Side.PATIENCE);
      Gid first = wanted.group().path().gid();
      wanted.close();
      MulticastMembership givenUp = route.startJoining(one, box.pair, true, Side.PATIENCE);
      givenUp.close();
      MulticastMembership kept = route.join(other, box.pair, true, Side.PATIENCE);
      assertNotEquals(first, kept.group().path().gid());
      assertThrows(IllegalStateException.class, givenUp::group);
    }
  }

  @Test
  void shouldSayWhichMembershipIsLost() throws Exception {
    InetAddress one = InetAddress.getByAddress(new byte[] {(byte) 239, 77, 1, 5});
    InetAddress other = InetAddress.getByAddress(new byte[] {(byte) 239, 77, 1, 6});
    try (CmFixture cm = new CmFixture();
        Route route =
            cm.active.resolve(
                new InetSocketAddress(one, 0),
                UDP.withSource(CmFixture.address(0)),
                Side.PATIENCE);
        Box box = new Box(route.context())) {
      MulticastMembership first = route.join(one, box.pair, true, Side.PATIENCE);
      MulticastMembership second = route.startJoining(other, box.pair, true, Side.PATIENCE);
      // The kernel sends it when the group is lost on InfiniBand: made by hand.
      cm.active.lock();
      try {
        route.handle(
            new CmEvent(
                CmEvent.MULTICAST_ERROR,
                -110,
                MemorySegment.NULL,
                0,
                first.number,
                PrivateData.none(),
                null,
                null));
      } finally {
        cm.active.unlock();
      }
      ConnectionEvent.MembershipLost lost =
          assertInstanceOf(
              ConnectionEvent.MembershipLost.class, cm.active.await(Side.PATIENCE).orElseThrow());
      assertEquals(first, lost.membership());
      assertEquals(
          new ConnectionEvent.Joined(route, second), cm.active.await(Side.PATIENCE).orElseThrow());
    }
  }

  @Test
  void shouldKeepARouteToAGroupThatCannotBeConnected() throws Exception {
    InetAddress group = InetAddress.getByAddress(new byte[] {(byte) 239, 77, 1, 7});
    try (CmFixture cm = new CmFixture();
        Route route =
            cm.active.resolve(
                new InetSocketAddress(group, 0),
                UDP.withSource(CmFixture.address(0)),
                Side.PATIENCE);
        Box box = new Box(route.context())) {
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class, () -> route.connect(box.pair, DEFAULTS, Side.PATIENCE));
      assertTrue(e.getMessage().contains("join()"), e.getMessage());
      assertTrue(route.isOpen());
    }
  }

  @Test
  void shouldRefuseADatagramLongerThanTheMtu() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.passive.listen(CmFixture.address(0), UDP, 8);
        Route route = cm.active.resolve(listener.localAddress(), UDP, Side.PATIENCE);
        Box box = new Box(route.context());
        MemoryRegion large = box.domain.allocate(16384, Access.LOCAL_WRITE)) {
      int mtu = route.context().port(route.port()).activeMtuBytes();
      route.prepare(box.pair);
      Gid gid = route.context().gids(route.port()).getFirst().gid();
      AddressVector path = new AddressVector(route.port(), 0, 0, gid, true, 0, 0, 64, 0, 0, 0);
      try (AddressHandle handle = box.domain.createAddressHandle(path)) {
        IllegalArgumentException e =
            assertThrows(
                IllegalArgumentException.class,
                () -> box.pair.sends().to(handle, 1, 1).send(2, large, 0, mtu + 1));
        assertTrue(e.getMessage().contains("MTU is " + mtu), e.getMessage());
      }
    }
  }
}
