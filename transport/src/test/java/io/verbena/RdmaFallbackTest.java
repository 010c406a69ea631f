package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * One side has RDMA, the other has not: TCP with the reason, or an error where that is not enough.
 */
@RdmaTest
@Timeout(120)
class RdmaFallbackTest {
  private static final TransportConfig PREFERRED = EndpointPair.PATIENT;
  private static final TransportConfig OFF = PREFERRED.withRdma(RdmaMode.OFF);
  private static final TransportConfig REQUIRED = PREFERRED.withRdma(RdmaMode.REQUIRED);

  @Test
  void shouldFallBackAndSayWhyOnBothSides() throws IOException {
    try (var pair = new EndpointPair(OFF, PREFERRED)) {
      var client = assertInstanceOf(Link.Tcp.class, pair.client.link());
      var server = assertInstanceOf(Link.Tcp.class, pair.server.link());
      assertEquals("it is switched off", client.why());
      assertEquals("the peer has none: it is switched off", server.why());
      pair.client.send(EndpointPair.number(4));
      ByteBuf received = pair.server.receive();
      assertEquals(4, received.readLong());
      received.release();
    }
  }

  /** Memory that is registered with an adapter serves peers that came over TCP alike. */
  @Test
  void shouldServeRegisteredMemoryOverTcp() throws IOException {
    try (var pair = new EndpointPair(OFF, PREFERRED)) {
      RegisteredMemory granted = pair.serverTransport.allocate(4096);
      RemoteMemory remote = pair.server.grant(granted, RemoteAccess.ATOMIC);
      granted.segment().set(ValueLayout.JAVA_LONG, 0, 7);
      assertEquals(7, pair.client.fetchAdd(remote, 0, 1).await());
    }
  }

  /** A peer that comes back may find RDMA where it had TCP. */
  @Test
  void shouldServeOverRdmaWhatWasGrantedOverTcp() throws IOException {
    try (Transport server = Transport.open(PREFERRED);
        Listener listener = server.listen(EndpointPair.anyPort());
        Transport withoutRdma = Transport.open(OFF);
        Transport withRdma = Transport.open(REQUIRED);
        Endpoint first = withoutRdma.connect(listener.address());
        Endpoint toFirst = listener.accept();
        Endpoint second = withRdma.connect(listener.address());
        Endpoint toSecond = listener.accept()) {
      assertInstanceOf(Link.Tcp.class, toFirst.link());
      assertInstanceOf(Link.Rdma.class, toSecond.link());
      RegisteredMemory granted = server.allocate(4096);
      RemoteMemory remote = toFirst.grant(granted, RemoteAccess.ATOMIC);
      granted.segment().set(ValueLayout.JAVA_LONG, 0, 7);
      assertEquals(7, first.fetchAdd(remote, 0, 1).await());
      assertEquals(8, second.fetchAdd(remote, 0, 1).await());
    }
  }

  /** An adapter that got such a request would break the queue pair. */
  @Test
  void shouldRefuseEachOperationOverRdmaWithAGrantWithoutKeyAndGoOn() throws IOException {
    try (var pair = new EndpointPair(REQUIRED)) {
      var notified = new AtomicInteger();
      pair.server.handle(
          new MessageHandler() {
            @Override
            public void message(Endpoint endpoint, ByteBuf message) {
              message.release();
            }

            @Override
            public void notified(Endpoint endpoint, int number) {
              notified.addAndGet(number);
            }
          });
      RegisteredMemory local = pair.clientTransport.allocate(64);
      RegisteredMemory granted = pair.serverTransport.allocate(64);
      RemoteMemory keyless =
          granted.grantByHandle(RemoteAccess.READ, RemoteAccess.WRITE, RemoteAccess.ATOMIC);
      assertFalse(keyless.hasKey());
      local.segment().fill((byte) 1);
      List<Operation> refused =
          List.of(
              pair.client.read(local, 0, keyless, 0, 64),
              pair.client.write(local, 0, keyless, 0, 64),
              pair.client.writeAndNotify(local, 0, keyless, 0, 64, 100),
              pair.client.fetchAdd(keyless, 0, 1),
              pair.client.compareSwap(keyless, 0, 0, 1));
      for (Operation each : refused) {
        var failure = assertThrows(TransportException.class, each::await);
        assertEquals(Kind.REMOTE_ACCESS, failure.kind());
        assertTrue(failure.getMessage().contains("works over TCP only"), failure.getMessage());
      }
      assertEquals(EndpointState.OPEN, pair.client.state());
      assertEquals(EndpointState.OPEN, pair.server.state());
      assertEquals(0, granted.segment().get(ValueLayout.JAVA_LONG, 0), "nothing was written");
      RemoteMemory remote = pair.server.grant(granted, RemoteAccess.WRITE);
      pair.client.writeAndNotify(local, 0, remote, 0, 64, 1).await();
      pair.client.flush();
      assertEquals(-1, granted.segment().mismatch(local.segment()));
      long deadline = System.nanoTime() + EndpointPair.PATIENT.connectTimeout().toNanos();
      while (notified.get() == 0 && System.nanoTime() < deadline) {
        LockSupport.parkNanos(1_000_000);
      }
      assertEquals(1, notified.get(), "of a write that was refused nobody is told");
    }
  }

  @Test
  void shouldFailAConnectThatRequiresRdmaOfAPeerWithout() throws IOException {
    try (Transport server = Transport.open(OFF);
        Listener listener = server.listen(EndpointPair.anyPort());
        Transport client = Transport.open(REQUIRED)) {
      var failure =
          assertThrows(TransportException.class, () -> client.connect(listener.address()));
      assertEquals(Kind.RDMA_UNAVAILABLE, failure.kind());
      assertTrue(failure.getMessage().contains("it is switched off"), failure.getMessage());
      assertThrows(TransportException.class, () -> listener.accept(Duration.ofMillis(200)));
    }
  }

  @Test
  void shouldFailAConnectToAPeerThatRequiresRdma() throws IOException {
    try (Transport server = Transport.open(REQUIRED);
        Listener listener = server.listen(EndpointPair.anyPort());
        Transport client = Transport.open(OFF)) {
      var failure =
          assertThrows(TransportException.class, () -> client.connect(listener.address()));
      assertEquals(Kind.RDMA_UNAVAILABLE, failure.kind());
      assertTrue(failure.getMessage().contains("requires RDMA"), failure.getMessage());
    }
  }

  @Test
  void shouldNameTheDeviceThatIsNotThere() {
    var failure =
        assertThrows(
            TransportException.class, () -> Transport.open(REQUIRED.withDevice("no_such_0")));
    assertEquals(Kind.RDMA_UNAVAILABLE, failure.kind());
    assertTrue(failure.getMessage().contains("no_such_0"), failure.getMessage());
  }

  /** Queue pairs, regions and descriptors of many short connections are given back. */
  @Test
  void shouldGiveEverythingBackAfterManyConnections() throws IOException {
    try (Transport server = Transport.open(REQUIRED);
        Listener listener = server.listen(EndpointPair.anyPort());
        Transport client = Transport.open(REQUIRED)) {
      int before = -1;
      for (int i = 0; i < 20; i++) {
        try (Endpoint mine = client.connect(listener.address());
            Endpoint peers = listener.accept()) {
          mine.send(EndpointPair.number(i));
          peers.receive().release();
        }
        if (i == 3) {
          before = descriptors();
        }
      }
      assertTrue(descriptors() <= before, descriptors() + " instead of " + before);
    }
  }

  private static int descriptors() throws IOException {
    try (var open = java.nio.file.Files.list(java.nio.file.Path.of("/proc/self/fd"))) {
      return (int) open.count();
    }
  }
}
