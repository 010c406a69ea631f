package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Strangers, silence and wrong addresses: a clear error before a deadline, and nothing left behind.
 */
@Timeout(60)
class BadPeerTest {
  private static final TransportConfig CONFIG =
      TransportConfig.defaults()
          .withRdma(RdmaMode.OFF)
          .withConnectTimeout(Duration.ofMillis(1500))
          .withCloseTimeout(Duration.ofSeconds(2));

  private static TransportException connectTo(InetSocketAddress address) throws IOException {
    try (Transport transport = Transport.open(CONFIG)) {
      long start = System.nanoTime();
      var failure = assertThrows(TransportException.class, () -> transport.connect(address));
      long millis = (System.nanoTime() - start) / 1_000_000;
      assertTrue(millis < 10_000, "took " + millis + " ms");
      return failure;
    }
  }

  /** A server that is not ours; it keeps its connection until it is closed. */
  private static final class Stranger implements AutoCloseable {
    private final ServerSocket server;
    private final Thread thread;
    private volatile @Nullable Socket accepted;

    Stranger(byte[] says, boolean hangsUp) throws IOException {
      server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
      thread = Thread.ofVirtual().start(() -> serve(says, hangsUp));
    }

    private void serve(byte[] says, boolean hangsUp) {
      try {
        Socket socket = server.accept();
        accepted = socket;
        socket.getOutputStream().write(says);
        if (hangsUp) {
          socket.close();
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    InetSocketAddress address() {
      return (InetSocketAddress) server.getLocalSocketAddress();
    }

    @Override
    public void close() throws IOException {
      server.close();
      Threads.joinUninterruptibly(thread);
      Socket socket = accepted;
      if (socket != null) {
        socket.close();
      }
    }
  }

  @Test
  void shouldReportThatNobodyListens() throws IOException {
    InetSocketAddress free;
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = (InetSocketAddress) server.getLocalSocketAddress();
    }
    var failure = connectTo(free);
    assertEquals(Kind.ADDRESS, failure.kind());
    assertTrue(failure.getMessage().contains(":" + free.getPort()), failure.getMessage());
    assertTrue(failure.getMessage().contains("Connection refused"), failure.getMessage());
  }

  @Test
  void shouldReportAnUnknownHost() throws IOException {
    var failure = connectTo(InetSocketAddress.createUnresolved("no-such-host.invalid", 1));
    assertEquals(Kind.ADDRESS, failure.kind());
    assertTrue(failure.getMessage().contains("unknown host"), failure.getMessage());
  }

  @Test
  void shouldReportAPortInUse() throws IOException {
    try (Transport transport = Transport.open(CONFIG);
        Listener listener = transport.listen(EndpointPair.anyPort())) {
      var failure =
          assertThrows(TransportException.class, () -> transport.listen(listener.address()));
      assertEquals(Kind.ADDRESS, failure.kind());
      assertTrue(failure.getMessage().contains("already in use"), failure.getMessage());
    }
  }

  @Test
  void shouldReportAServerThatSpeaksSomethingElse() throws IOException {
    byte[] banner = "SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.US_ASCII);
    try (var server = new Stranger(banner, false)) {
      var failure = connectTo(server.address());
      assertEquals(Kind.HANDSHAKE, failure.kind());
      assertTrue(failure.getMessage().contains("not Verbena"), failure.getMessage());
      assertTrue(failure.getMessage().contains("SSH-2."), failure.getMessage());
    }
  }

  @Test
  void shouldReportAServerThatSaysNothing() throws IOException {
    try (var server = new Stranger(new byte[0], false)) {
      var failure = connectTo(server.address());
      assertEquals(Kind.HANDSHAKE, failure.kind());
      assertTrue(failure.getMessage().contains("no hello before"), failure.getMessage());
    }
  }

  @Test
  void shouldReportAServerThatHangsUp() throws IOException {
    try (var server = new Stranger(new byte[0], true)) {
      assertEquals(Kind.HANDSHAKE, connectTo(server.address()).kind());
    }
  }

  @Test
  void shouldGoOnAcceptingAfterStrangers() throws Exception {
    try (Transport transport = Transport.open(CONFIG);
        Listener listener = transport.listen(EndpointPair.anyPort())) {
      byte[] request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      byte[] garbage = new byte[4096];
      new Random(1).nextBytes(garbage);
      byte[] hugeHello = {0x56, 0x52, 0x42, 0x4E, (byte) 0xff, (byte) 0xff};
      for (byte[] says : new byte[][] {request, garbage, hugeHello, new byte[0]}) {
        try (var stranger = new Socket(InetAddress.getLoopbackAddress(), portOf(listener))) {
          stranger.getOutputStream().write(says);
          stranger.setSoTimeout(5000);
          assertEquals(-1, readToEnd(stranger), "the stranger is cut off");
        }
      }
      try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), portOf(listener))) {
        Endpoint client = transport.connect(listener.address());
        Endpoint server = listener.accept();
        assertTrue(silent.isConnected());
        client.send(EndpointPair.number(3));
        ByteBuf received = server.receive();
        assertEquals(3, received.readLong());
        received.release();
      }
    }
  }

  private static int readToEnd(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read();
    } catch (java.net.SocketException reset) {
      return -1;
    }
  }

  private static int portOf(Listener listener) {
    return listener.address().getPort();
  }

  @Test
  void shouldEndAnEndpointWhosePeerTurnsToGarbage() throws Exception {
    try (Transport transport = Transport.open(CONFIG);
        Listener listener = transport.listen(EndpointPair.anyPort());
        var peer = RawPeer.connect(listener.address())) {
      Endpoint server = listener.accept();
      byte[] garbage = new byte[100];
      new Random(2).nextBytes(garbage);
      peer.write(garbage);
      var failure = assertThrows(TransportException.class, server::receive);
      assertEquals(Kind.PROTOCOL, failure.kind());
    }
  }

  @Test
  void shouldNoticeAPeerThatVanishesWithoutGoodbye() throws Exception {
    try (Transport transport = Transport.open(CONFIG);
        Listener listener = transport.listen(EndpointPair.anyPort())) {
      Endpoint server;
      try (var peer = RawPeer.connect(listener.address())) {
        assertTrue(peer.isConnected());
        server = listener.accept();
      }
      var failure = assertThrows(TransportException.class, server::receive);
      assertEquals(Kind.PEER_LOST, failure.kind());
    }
  }

  @Test
  void shouldLeaveNoThreadAndNoDescriptorBehind() throws Exception {
    everything();
    int descriptors = descriptors();
    Set<String> threads = threads();
    for (int i = 0; i < 3; i++) {
      everything();
    }
    awaitAtMost("descriptors", descriptors, BadPeerTest::descriptors);
    awaitAtMost("threads of " + threads, threads.size(), () -> threads().size());
  }

  @SuppressWarnings("JUnitMethodInvoked") // What leaves something behind is what the tests do.
  private void everything() throws Exception {
    shouldReportThatNobodyListens();
    shouldReportAServerThatSaysNothing();
    shouldReportAServerThatSpeaksSomethingElse();
    shouldReportAPortInUse();
    shouldGoOnAcceptingAfterStrangers();
    shouldEndAnEndpointWhosePeerTurnsToGarbage();
    shouldNoticeAPeerThatVanishesWithoutGoodbye();
  }

  private static int descriptors() {
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      return (int) open.count();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("verbena"))
        .collect(Collectors.toSet());
  }

  /** The other ends of closed sockets and finished threads may take a moment to go. */
  private static void awaitAtMost(String what, int limit, IntSupplier count)
      throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (count.getAsInt() > limit && System.nanoTime() - deadline < 0) {
      System.gc();
      Thread.sleep(20);
    }
    assertTrue(count.getAsInt() <= limit, what + ": " + count.getAsInt() + " instead of " + limit);
  }
}
