package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Bad input to a transport: the documented exception, and its endpoints do not notice. */
@Timeout(60)
class TransportMisuseTest {
  private static final TransportConfig CONFIG = EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  private EndpointPair pair;

  @BeforeEach
  void connect() throws IOException {
    pair = new EndpointPair(CONFIG);
  }

  @AfterEach
  void disconnect() {
    pair.close();
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseBadInputAndGoOn() {
    Transport transport = pair.clientTransport;
    var missing = NullPointerException.class;
    var wrong = IllegalArgumentException.class;
    var unknown = InetSocketAddress.createUnresolved("no-such-host.invalid", 1);
    return Misuse.tests(
        List.of(
            Misuse.of("open nothing", missing, () -> Transport.open(Misuse.nothing())),
            Misuse.of("connect to nothing", missing, () -> transport.connect(Misuse.nothing())),
            Misuse.of("listen nowhere", missing, () -> transport.listen(Misuse.nothing())),
            Misuse.of("connect to nobody", Kind.ADDRESS, () -> transport.connect(unknown)),
            Misuse.of("listen at nobody's", Kind.ADDRESS, () -> transport.listen(unknown)),
            Misuse.of(
                "connect to port 0", Kind.ADDRESS, () -> transport.connect(EndpointPair.anyPort())),
            Misuse.of(
                "listen at somebody else's",
                Kind.ADDRESS,
                () -> transport.listen(new InetSocketAddress("192.0.2.1", 0))),
            Misuse.of("allocate nothing", wrong, () -> transport.allocate(0)),
            Misuse.of("allocate less than nothing", wrong, () -> transport.allocate(-1)),
            Misuse.of("allocate too much", IOException.class, () -> transport.allocate(1L << 60))),
        () -> Misuse.requireExchange(pair.client, pair.server));
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseUseAfterClose() throws IOException {
    Transport closed = Transport.open(CONFIG);
    Listener listener = pair.serverTransport.listen(EndpointPair.anyPort());
    RegisteredMemory memory = closed.allocate(64);
    ByteBuf buffer = closed.allocator().directBuffer(8).writeLong(1);
    Endpoint endpoint = closed.connect(listener.address());
    Endpoint peer = listener.accept();
    closed.close();
    assertEquals(EndpointState.CLOSED, endpoint.state());
    assertEquals(Kind.PEER_CLOSED, assertThrows(TransportException.class, peer::receive).kind());
    assertEquals(1, buffer.readLong(), "buffers in use stay valid");
    buffer.release();
    return Misuse.tests(
        List.of(
            Misuse.of("connect", Kind.CLOSED, () -> closed.connect(listener.address())),
            Misuse.of("listen", Kind.CLOSED, () -> closed.listen(EndpointPair.anyPort())),
            Misuse.of("allocate", Kind.CLOSED, () -> closed.allocate(64)),
            Misuse.of("send", Kind.CLOSED, () -> endpoint.trySend(EndpointPair.number(1))),
            Misuse.of(
                "get a buffer",
                IllegalStateException.class,
                () -> closed.allocator().directBuffer(1 << 20)),
            Misuse.of(
                "use memory", IllegalStateException.class, () -> memory.segment().fill((byte) 1)),
            Misuse.of(
                "grant memory",
                IllegalStateException.class,
                () -> memory.grant(RemoteAccess.READ))),
        () -> {
          closed.close();
          assertEquals(0, closed.poll());
          assertEquals(0, closed.counters().openEndpoints());
          assertEquals(1, closed.counters().endpoints());
          Misuse.requireExchange(pair.client, pair.server);
        });
  }

  @Test
  void shouldLeaveNoSocketBehindWhenItListensNowhere() throws IOException {
    assertThrows(NullPointerException.class, () -> pair.clientTransport.listen(Misuse.nothing()));
    long before = descriptors();
    for (int i = 0; i < 20; i++) {
      assertThrows(NullPointerException.class, () -> pair.clientTransport.listen(Misuse.nothing()));
    }
    assertTrue(descriptors() < before + 10, descriptors() + " instead of " + before);
  }

  private static long descriptors() throws IOException {
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }
}
