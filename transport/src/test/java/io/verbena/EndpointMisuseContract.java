package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import io.verbena.TransportException.Kind;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Bad input to an endpoint: the documented exception, and a message goes through afterwards. */
@Timeout(120)
abstract class EndpointMisuseContract {
  private static final int BYTES = 4096;
  private static final int LONGEST = 100_000;
  private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

  EndpointPair pair;
  RegisteredMemory local;
  RemoteMemory remote;
  private RegisteredMemory granted;
  private final Operation operation = new Operation();

  abstract TransportConfig config();

  /** The server's, where it differs. */
  TransportConfig serverConfig() {
    return config();
  }

  @BeforeEach
  void connect() throws IOException {
    pair =
        new EndpointPair(
            config().withMaxMessageBytes(LONGEST), serverConfig().withMaxMessageBytes(LONGEST));
    local = pair.clientTransport.allocate(BYTES);
    granted = pair.serverTransport.allocate(BYTES);
    remote = pair.server.grant(granted, RemoteAccess.READ, RemoteAccess.WRITE, RemoteAccess.ATOMIC);
  }

  @AfterEach
  void disconnect() {
    pair.close();
  }

  private Stream<DynamicTest> andGoesOn(List<Misuse> all) {
    return Misuse.tests(
        all,
        () -> {
          assertFalse(operation.isDone());
          Misuse.requireExchange(pair.client, pair.server);
          pair.client.write(local, 0, remote, 0, BYTES).await();
        });
  }

  private static ByteBuf released() {
    ByteBuf gone = Unpooled.directBuffer(8).writeLong(1);
    gone.release();
    return gone;
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseBadMessagesAndGoOn() {
    Endpoint client = pair.client;
    ByteBuf tooLong = Unpooled.directBuffer(LONGEST + 1).writeZero(LONGEST + 1);
    var lost = IllegalReferenceCountException.class;
    return andGoesOn(
        List.of(
            Misuse.of("send null", NullPointerException.class, () -> client.send(Misuse.nothing())),
            Misuse.of(
                "try to send null",
                NullPointerException.class,
                () -> client.trySend(Misuse.nothing())),
            Misuse.of("send a released buffer", lost, () -> client.send(released())),
            Misuse.of("try to send a released buffer", lost, () -> client.trySend(released())),
            Misuse.of(
                "send more than the peer takes",
                IllegalArgumentException.class,
                () -> client.send(tooLong)),
            Misuse.of(
                "receive for no duration",
                NullPointerException.class,
                () -> client.receive(Misuse.nothing())),
            Misuse.of(
                "receive for less than no time",
                Kind.TIMEOUT,
                () -> client.receive(Duration.ofSeconds(-1))),
            Misuse.of("receive in no time", Kind.TIMEOUT, () -> client.receive(Duration.ZERO)),
            Misuse.of(
                "handle with nothing",
                NullPointerException.class,
                () -> client.handle(Misuse.nothing()))));
  }

  /** While the peer is behind, nobody looks at what is to be sent later: it is looked at before. */
  @Test
  void shouldRefuseAReleasedBufferAlsoWhileThePeerIsBehind() throws Exception {
    pair.close();
    pair = new EndpointPair(config(), serverConfig().withReceiveBufferBytes(1000));
    int sent = 0;
    ByteBuf message = EndpointPair.number(sent);
    long quietSince = System.nanoTime();
    while (System.nanoTime() - quietSince < Duration.ofMillis(100).toNanos()) {
      if (pair.client.trySend(message)) {
        message = EndpointPair.number(++sent);
        quietSince = System.nanoTime();
      }
    }
    ByteBuf gone = released();
    org.junit.jupiter.api.Assertions.assertThrows(
        IllegalReferenceCountException.class, () -> pair.client.trySend(gone));
    for (int i = 0; i < sent; i++) {
      ByteBuf received = pair.server.receive();
      assertEquals(i, received.readLong());
      received.release();
    }
    message.release();
    Misuse.requireExchange(pair.client, pair.server);
  }

  @Test
  void shouldWaitForALongTimeIfToldTo() throws Exception {
    pair.client.send(EndpointPair.number(1));
    pair.server.receive(FOREVER).release();
    assertEquals(0, pair.client.write(local, 0, remote, 0, 8).await(FOREVER));
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseBadRangesAndGoOn() {
    List<Misuse> all = new ArrayList<>();
    var outside = IndexOutOfBoundsException.class;
    long[][] ranges = {
      {-1, 0, 1},
      {0, -1, 1},
      {0, 0, -1},
      {0, 0, BYTES + 1},
      {1, 0, BYTES},
      {0, 1, BYTES},
      {Long.MAX_VALUE, 0, 1},
      {0, Long.MAX_VALUE, 1},
      {0, 0, Long.MAX_VALUE},
      {1, 1, Long.MAX_VALUE},
      {0, 0, Long.MIN_VALUE},
      {Long.MIN_VALUE, Long.MIN_VALUE, 0}
    };
    Endpoint client = pair.client;
    for (long[] range : ranges) {
      long near = range[0];
      long far = range[1];
      long length = range[2];
      String where = " %d bytes at %d and %d".formatted(length, near, far);
      all.add(
          Misuse.of("read" + where, outside, () -> client.read(local, near, remote, far, length)));
      all.add(
          Misuse.of(
              "write" + where, outside, () -> client.write(local, near, remote, far, length)));
      all.add(
          Misuse.of(
              "write and notify" + where,
              outside,
              () -> client.tryWriteAndNotify(local, near, remote, far, length, 1, operation)));
    }
    for (long at : new long[] {-8, BYTES, BYTES - 4, Long.MAX_VALUE, Long.MIN_VALUE}) {
      all.add(Misuse.of("add at " + at, outside, () -> client.fetchAdd(remote, at, 1)));
      all.add(
          Misuse.of(
              "swap at " + at, outside, () -> client.tryCompareSwap(remote, at, 1, 1, operation)));
    }
    for (long at : new long[] {1, 4, BYTES - 9}) {
      all.add(
          Misuse.of(
              "add at " + at,
              IllegalArgumentException.class,
              () -> client.fetchAdd(remote, at, 1)));
    }
    return andGoesOn(all);
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseWhatIsMissingOrNotItsOwnAndGoOn() throws IOException {
    Endpoint client = pair.client;
    RegisteredMemory gone = pair.clientTransport.allocate(BYTES);
    gone.close();
    var missing = NullPointerException.class;
    var wrong = IllegalArgumentException.class;
    return andGoesOn(
        List.of(
            Misuse.of(
                "read to nothing", missing, () -> client.read(Misuse.nothing(), 0, remote, 0, 1)),
            Misuse.of(
                "read from nothing", missing, () -> client.read(local, 0, Misuse.nothing(), 0, 1)),
            Misuse.of(
                "read without an operation",
                missing,
                () -> client.tryRead(local, 0, remote, 0, 1, Misuse.nothing())),
            Misuse.of(
                "write without an operation",
                missing,
                () -> client.tryWrite(local, 0, remote, 0, 1, Misuse.nothing())),
            Misuse.of("add to nothing", missing, () -> client.fetchAdd(Misuse.nothing(), 0, 1)),
            Misuse.of(
                "flush without an operation", missing, () -> client.tryFlush(Misuse.nothing())),
            Misuse.of(
                "read to memory of another transport",
                wrong,
                () -> client.read(granted, 0, remote, 0, 1)),
            Misuse.of(
                "write memory of another transport",
                wrong,
                () -> client.write(granted, 0, remote, 0, 1)),
            Misuse.of(
                "grant memory of another transport",
                wrong,
                () -> client.grant(granted, RemoteAccess.READ)),
            Misuse.of(
                "grant nothing", missing, () -> client.grant(Misuse.nothing(), RemoteAccess.READ)),
            Misuse.of("grant without a right", wrong, () -> client.grant(local)),
            Misuse.of("grant no right", missing, () -> client.grant(local, Misuse.nothing())),
            Misuse.of(
                "grant closed memory",
                IllegalStateException.class,
                () -> client.grant(gone, RemoteAccess.READ)),
            Misuse.of("await what was not started", IllegalStateException.class, operation::await),
            Misuse.of("the result of nothing", IllegalStateException.class, operation::result)));
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseUseAfterClose() throws IOException {
    // A second one, so that it can be proved that the transport goes on.
    Endpoint closed;
    try (Listener listener = pair.serverTransport.listen(EndpointPair.anyPort())) {
      closed = pair.clientTransport.connect(listener.address());
      Endpoint peer = listener.accept();
      closed.close();
      peer.close();
    }
    ByteBuf late = EndpointPair.number(1);
    List<Misuse> all = new ArrayList<>();
    all.add(Misuse.of("send", Kind.CLOSED, () -> closed.send(late)));
    all.add(Misuse.of("try to send", Kind.CLOSED, () -> closed.trySend(late)));
    all.add(Misuse.of("receive", Kind.CLOSED, closed::receive));
    all.add(Misuse.of("receive for a time", Kind.CLOSED, () -> closed.receive(FOREVER)));
    all.add(Misuse.of("try to receive", Kind.CLOSED, closed::tryReceive));
    all.add(Misuse.of("read", Kind.CLOSED, () -> closed.read(local, 0, remote, 0, 1)));
    all.add(Misuse.of("write", Kind.CLOSED, () -> closed.write(local, 0, remote, 0, 1)));
    all.add(
        Misuse.of(
            "write and notify",
            Kind.CLOSED,
            () -> closed.writeAndNotify(local, 0, remote, 0, 1, 1)));
    all.add(Misuse.of("add", Kind.CLOSED, () -> closed.fetchAdd(remote, 0, 1)));
    all.add(Misuse.of("swap", Kind.CLOSED, () -> closed.compareSwap(remote, 0, 1, 1)));
    all.add(Misuse.of("flush", Kind.CLOSED, closed::flush));
    all.add(
        Misuse.of(
            "try to read", Kind.CLOSED, () -> closed.tryRead(local, 0, remote, 0, 1, operation)));
    all.add(Misuse.of("try to flush", Kind.CLOSED, () -> closed.tryFlush(operation)));
    return Misuse.tests(
        all,
        () -> {
          assertEquals(1, late.refCnt(), "what was not taken stays the caller's");
          assertFalse(operation.isDone());
          closed.close();
          closed.reset();
          assertEquals(0, closed.poll());
          assertEquals(EndpointState.CLOSED, closed.state());
          assertEquals(0, closed.counters().messagesSent());
          assertEquals(Kind.CLOSED, closed.cause().orElseThrow().kind());
          assertTrue(closed.localAddress().getPort() > 0);
          assertTrue(!closed.link().toString().isEmpty());
          Misuse.requireExchange(pair.client, pair.server);
        });
  }

  /** Nothing of an endpoint is for one thread only: also who polls may be several. */
  @Test
  void shouldServeSeveralThreadsAtOnce() throws Exception {
    int count = 1000;
    Set<Long> taken = ConcurrentHashMap.newKeySet();
    var over = new AtomicBoolean();
    List<CompletableFuture<Void>> working = new ArrayList<>();
    for (Endpoint each : List.of(pair.client, pair.client, pair.server, pair.server)) {
      working.add(
          MessageContract.async(
              () -> {
                while (!over.get()) {
                  each.poll();
                  Thread.sleep(0, 100_000);
                }
              }));
    }
    List<CompletableFuture<Void>> exchanging = new ArrayList<>();
    for (int part = 0; part < 2; part++) {
      long first = part * (long) count;
      exchanging.add(
          MessageContract.async(
              () -> {
                for (long i = first; i < first + count; i++) {
                  pair.client.send(EndpointPair.number(i));
                  if (i % 100 == 0) {
                    pair.client.fetchAdd(remote, 0, 1).await();
                  }
                }
              }));
      exchanging.add(
          MessageContract.async(
              () -> {
                for (int i = 0; i < count; i++) {
                  ByteBuf received = pair.server.receive();
                  assertTrue(taken.add(received.readLong()), "delivered twice");
                  received.release();
                }
              }));
    }
    for (var each : exchanging) {
      each.get();
    }
    over.set(true);
    for (var each : working) {
      each.get();
    }
    assertEquals(2 * count, taken.size());
    assertEquals(2L * count / 100, pair.client.fetchAdd(remote, 0, 0).await());
  }
}
