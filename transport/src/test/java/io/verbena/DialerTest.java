package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.TransportException.Kind;
import io.verbena.lane.Interfaces;
import io.verbena.lane.KernelFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DialerTest {
  /** Only one of them is there. */
  private static final String SERVER = "127.0.0.2";

  @TempDir private Path root;
  private final Set<SocketChannel> known = new HashSet<>();
  private int dials;
  private boolean closed;

  private final Dialer.Owner owner =
      new Dialer.Owner() {
        @Override
        public void dialing(SocketChannel channel) throws TransportException {
          dials++;
          known.add(channel);
          if (closed) {
            throw new TransportException(Kind.CLOSED, "closed");
          }
        }

        @Override
        public void dialed(SocketChannel channel) {
          known.remove(channel);
        }
      };

  private Dialer dialer(Optional<String> pinned) {
    return new Dialer(pinned, owner, new Interfaces(KernelFiles.under(root)));
  }

  private static List<InetAddress> addresses(String... literals) {
    return Arrays.stream(literals).map(InetAddress::ofLiteral).toList();
  }

  private static ServerSocket server() throws IOException {
    return new ServerSocket(0, 5, InetAddress.ofLiteral(SERVER));
  }

  private static long soon() {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
  }

  @Test
  void shouldTryTheNextAddress() throws IOException {
    try (ServerSocket server = server();
        Dialer dialer = dialer(Optional.empty());
        SocketChannel channel =
            dialer.connect(
                addresses("127.0.0.3", SERVER, "127.0.0.4"), server.getLocalPort(), soon())) {
      assertEquals(
          SERVER, ((InetSocketAddress) channel.getRemoteAddress()).getAddress().getHostAddress());
      assertEquals(2, dials);
      assertEquals(Set.of(channel), known);
    }
    assertEquals(Set.of(), known);
  }

  @Test
  void shouldNameEachAddressThatFailed() throws IOException {
    int port;
    try (ServerSocket server = server()) {
      port = server.getLocalPort();
    }
    try (Dialer dialer = dialer(Optional.empty())) {
      var failure =
          assertThrows(
              TransportException.class,
              () -> dialer.connect(addresses("127.0.0.3", "127.0.0.4"), port, soon()));
      assertEquals(Kind.ADDRESS, failure.kind());
      assertEquals(
          "127.0.0.3: Connection refused; 127.0.0.4: Connection refused", failure.getMessage());
    }
    assertEquals(Set.of(), known);
  }

  @Test
  void shouldGoOnNoLongerThanItsOwnerWants() throws IOException {
    closed = true;
    try (ServerSocket server = server();
        Dialer dialer = dialer(Optional.empty())) {
      var to = new InetSocketAddress(InetAddress.ofLiteral(SERVER), server.getLocalPort());
      assertThrows(TransportException.class, () -> dialer.connect(to, soon()));
    }
    assertEquals(Set.of(), known);
  }

  /** The route decides, as the kernel has it: everything here is reached through the loopback. */
  @Test
  void shouldPutAddressesThatAreReachedOverInfinibandFirst() throws IOException {
    List<InetAddress> hosts = addresses("192.0.2.1", SERVER);
    try (Dialer dialer = dialer(Optional.empty())) {
      assertEquals(hosts, dialer.inOrder(hosts));
      Path type = root.resolve("sys/class/net/lo/type");
      Files.createDirectories(type.getParent());
      Files.writeString(type, "32\n");
      assertEquals(hosts.reversed(), dialer.inOrder(hosts));
    }
  }

  @Test
  void shouldLeaveByThePinnedInterface() throws IOException {
    try (ServerSocket server = server();
        Dialer dialer = dialer(Optional.of("lo"));
        SocketChannel channel =
            dialer.connect(
                new InetSocketAddress(InetAddress.ofLiteral(SERVER), server.getLocalPort()),
                soon())) {
      // Without a pin, the kernel answers an address with the same one.
      assertEquals("127.0.0.1", channel.socket().getLocalAddress().getHostAddress());
    }
  }

  @Test
  void shouldNameThePinnedInterfaceThatIsNotThere() throws IOException {
    try (ServerSocket server = server();
        Dialer dialer = dialer(Optional.of("no-such-nic"))) {
      var to = new InetSocketAddress(InetAddress.ofLiteral(SERVER), server.getLocalPort());
      var failure = assertThrows(TransportException.class, () -> dialer.connect(to, soon()));
      assertEquals("there is no network interface no-such-nic", failure.getMessage());
    }
  }

  /** Whoever resolved it has chosen: its name may have more addresses, as this one's has. */
  @Test
  void shouldTryAResolvedAddressOnly() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Dialer dialer = dialer(Optional.empty())) {
      // Nobody can be reached there, and nothing waits for that.
      var elsewhere = InetAddress.getByAddress("localhost", new byte[] {(byte) 240, 0, 0, 1});
      var to = new InetSocketAddress(elsewhere, server.getLocalPort());
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
      assertThrows(TransportException.class, () -> dialer.connect(to, deadline));
      assertEquals(1, dials);
    }
  }

  @Test
  void shouldResolveAName() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Dialer dialer = dialer(Optional.empty());
        SocketChannel channel =
            dialer.connect(
                InetSocketAddress.createUnresolved("localhost", server.getLocalPort()), soon())) {
      assertTrue(channel.isConnected());
      assertFalse(known.isEmpty());
    }
  }
}
