package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import io.verbena.lane.Frame;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whatever a peer sends, an endpoint ends with a cause that says what it was, soon, and has given
 * back what it held. What is sent follows from seeds.
 */
@Timeout(120)
class WireFuzzTest {
  private static final int STREAMS = 1500;
  private static final int HELLOS = 600;
  private static final int LONGEST = 1 << 20;
  private static final long MOST_MEMORY = 64 << 20;

  private static final TransportConfig CONFIG =
      TransportConfig.defaults()
          .withRdma(RdmaMode.OFF)
          .withMaxMessageBytes(LONGEST)
          .withConnectTimeout(Duration.ofSeconds(10))
          .withOperationTimeout(Duration.ofSeconds(10))
          .withCloseTimeout(Duration.ofMillis(500));

  private Transport transport;
  private Listener listener;

  @BeforeEach
  void listen() throws IOException {
    transport = Transport.open(CONFIG);
    listener = transport.listen(EndpointPair.anyPort());
  }

  @AfterEach
  void close() {
    transport.close();
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private void requireNothingHeld() {
    var buffers = (RegisteredByteBufAllocator) transport.allocator();
    assertEquals(0, buffers.metrics().usedBytes(), "buffers were lost");
    assertTrue(buffers.metrics().registeredBytes() <= MOST_MEMORY, buffers.metrics()::toString);
    assertEquals(0, transport.counters().openEndpoints());
  }

  private void requireThatOthersAreServed() throws IOException {
    try (Endpoint client = transport.connect(listener.address());
        Endpoint server = listener.accept()) {
      client.send(EndpointPair.number(5));
      ByteBuf received = server.receive();
      assertEquals(5, received.readLong());
      received.release();
    }
  }

  @Test
  void shouldEndWithACauseWhateverFramesCome() throws Exception {
    long before = directBytes();
    RegisteredMemory memory = transport.allocate(4096);
    RemoteMemory granted = memory.grant(RemoteAccess.READ, RemoteAccess.WRITE, RemoteAccess.ATOMIC);
    Map<Kind, Integer> ends = new EnumMap<>(Kind.class);
    for (long seed = 0; seed < STREAMS; seed++) {
      try {
        ends.merge(send(seed, granted), 1, Integer::sum);
        requireNothingHeld();
      } catch (Exception | AssertionError e) {
        throw new AssertionError("with seed " + seed + ": " + e, e);
      }
    }
    assertTrue(ends.getOrDefault(Kind.PROTOCOL, 0) > STREAMS / 3, ends::toString);
    assertTrue(ends.getOrDefault(Kind.PEER_LOST, 0) > 20, ends::toString);
    assertTrue(ends.getOrDefault(Kind.PEER_CLOSED, 0) > 10, ends::toString);
    assertEquals(STREAMS, ends.values().stream().mapToInt(each -> each).sum());
    assertTrue(directBytes() - before < MOST_MEMORY, "it took " + (directBytes() - before));
    requireThatOthersAreServed();
  }

  /** Sends a stream, and gives how the endpoint ended. */
  private Kind send(long seed, RemoteMemory granted) throws Exception {
    try (var peer = RawPeer.connect(listener.address())) {
      Endpoint server = listener.accept();
      RegisteredMemory local = transport.allocate(64);
      List<Operation> operations = List.of(new Operation(), new Operation(), new Operation());
      var invented = new RemoteMemory(0x1000, 4096, 0, 1);
      assertTrue(server.tryRead(local, 0, invented, 0, 8, operations.get(0)));
      assertTrue(server.tryFetchAdd(invented, 0, 1, operations.get(1)));
      assertTrue(server.tryFlush(operations.get(2)));
      List<Long> cookies = new ArrayList<>();
      for (int i = 0; i < operations.size(); i++) {
        ByteBuffer header = peer.read(Frame.BYTES);
        cookies.add(header.getLong(32));
        peer.read(header.getInt(Frame.LENGTH_AT));
      }
      boolean handled = seed % 3 == 0;
      if (handled) {
        server.handle((from, message) -> message.release());
      }
      try {
        for (byte[] frame : FrameMutations.stream(seed, granted, cookies)) {
          peer.write(frame);
        }
      } catch (IOException cutOff) {
        assertTrue(cutOff.getMessage().length() > 3);
      }
      peer.hangUp();
      Kind kind = end(server, handled);
      server.close();
      for (Operation operation : operations) {
        assertTrue(operation.isDone(), "an operation is left");
      }
      local.close();
      return kind;
    }
  }

  private static Kind end(Endpoint server, boolean handled) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!handled) {
      try {
        server.receive().release();
      } catch (TransportException e) {
        assertTrue(e.kind() != Kind.TIMEOUT, "it hangs: " + server.state());
        return e.kind();
      }
    }
    while (server.cause().isEmpty()) {
      assertTrue(System.nanoTime() - deadline < 0, "it hangs: " + server.state());
      Thread.sleep(0, 100_000);
    }
    return server.cause().get().kind();
  }

  private static byte[] hello(Random random) {
    var hello =
        new Hello(
            Hello.VERSION,
            Hello.VERSION,
            UUID.randomUUID(),
            UUID.randomUUID(),
            LONGEST,
            32,
            32,
            100,
            1000,
            1000,
            List.of(),
            "the test has none");
    ByteBuffer encoded = hello.encode();
    byte[] bytes = new byte[encoded.remaining() + 3];
    encoded.get(bytes, 0, bytes.length - 3);
    // The verdict: it agrees, and has nothing to say.
    bytes[bytes.length - 3] = 1;
    switch (random.nextInt(5)) {
      case 0 -> {
        int at = random.nextInt(bytes.length);
        bytes[at] = (byte) (bytes[at] ^ (1 << random.nextInt(8)));
      }
      case 1 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      case 2 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 3 -> ByteBuffer.wrap(bytes).putShort(4, (short) random.nextInt());
      default -> {
        byte[] tail = new byte[random.nextInt(40)];
        random.nextBytes(tail);
        System.arraycopy(tail, 0, bytes, bytes.length - tail.length, tail.length);
      }
    }
    return bytes;
  }

  @Test
  void shouldSurviveWhateverClientsSayFirst() throws Exception {
    var random = new Random(1);
    for (int i = 0; i < HELLOS; i++) {
      try (var socket = new Socket(listener.address().getAddress(), listener.address().getPort())) {
        socket.getOutputStream().write(hello(random));
        socket.shutdownOutput();
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(10));
        drain(socket, i);
      }
      closeAccepted();
    }
    requireThatOthersAreServed();
    requireNothingHeld();
  }

  /** The server ends the connection: at once, or with the endpoint that nobody wants. */
  private void drain(Socket socket, int round) throws IOException {
    try {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (socket.getInputStream().read() >= 0) {
        assertTrue(System.nanoTime() - deadline < 0, "round " + round + " goes on and on");
      }
    } catch (java.net.SocketException reset) {
      assertTrue(reset.getMessage().length() > 3);
    }
  }

  private void closeAccepted() {
    try {
      while (true) {
        listener.accept(Duration.ZERO).close();
      }
    } catch (TransportException e) {
      assertEquals(Kind.TIMEOUT, e.kind());
    }
  }

  @Test
  void shouldFailToConnectWhateverServersSayFirst() throws Exception {
    var random = new Random(2);
    int connected = 0;
    try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      var address = (InetSocketAddress) server.getLocalSocketAddress();
      for (int i = 0; i < HELLOS; i++) {
        byte[] says = hello(random);
        var answering = MessageContract.async(() -> answer(server, says));
        try {
          transport.connect(address).close();
          connected++;
        } catch (TransportException e) {
          boolean expected = e.kind() == Kind.HANDSHAKE || e.kind() == Kind.RDMA_UNAVAILABLE;
          assertTrue(expected, "round " + i + ": " + e.kind() + ": " + e.getMessage());
        }
        answering.get();
      }
    }
    assertTrue(connected < HELLOS / 2, "what is wrong is noticed");
    requireNothingHeld();
  }

  private static void answer(ServerSocket server, byte[] says) throws IOException {
    try (Socket socket = server.accept()) {
      socket.getOutputStream().write(says);
      socket.shutdownOutput();
      socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(10));
      // Its hello, and what else it says before it has seen the end.
      while (socket.getInputStream().read() >= 0) {}
    } catch (java.net.SocketException reset) {
      assertTrue(reset.getMessage().length() > 3);
    }
  }
}
