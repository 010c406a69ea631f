package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every endpoint does with messages, whatever its link and whoever makes the progress. */
@Timeout(120)
abstract class MessageContract {
  private static final int SLICE = 4 << 20;

  EndpointPair pair;

  abstract TransportConfig config();

  /** Of the side that accepts; by default the same. */
  TransportConfig serverConfig() {
    return config();
  }

  abstract void checkLink(Link link);

  @BeforeEach
  void connect() throws IOException {
    pair = new EndpointPair(config(), serverConfig());
  }

  @AfterEach
  void disconnect() {
    if (pair != null) {
      pair.close();
    }
  }

  @Test
  void shouldSayWhichLinkItGot() {
    checkLink(pair.client.link());
    checkLink(pair.server.link());
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0, 1, 63, 64, 88, 89, 4095, 32767, 32768, 32769, 65535, 65536, 65537, 98304, 1_000_003
      })
  void shouldDeliverMessagesOfEverySize(int bytes) throws IOException {
    ByteBuf sent = EndpointPair.random(bytes, bytes);
    ByteBuf expected = sent.copy();
    pair.client.send(sent);
    ByteBuf received = pair.server.receive();
    assertEquals(expected, received);
    assertTrue(received.release() || bytes == 0, "the caller owns what it received");
    // By the thread that has sent its end, which the receiver may overtake.
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (sent.refCnt() > 0 && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(50_000);
    }
    assertEquals(0, sent.refCnt(), "a sent message is released");
    expected.release();
  }

  @Test
  void shouldDeliverAMessageLongerThanEveryBuffer() throws Exception {
    ByteBuf sent = EndpointPair.random(1, SLICE);
    ByteBuf expected = sent.copy();
    var sending = async(() -> pair.client.send(sent));
    ByteBuf received = pair.server.receive();
    sending.get();
    assertEquals(expected, received);
    received.release();
    expected.release();
  }

  @Test
  void shouldDeliverInOrderAndOnce() throws Exception {
    int count = 2000;
    var sending =
        async(
            () -> {
              for (int i = 0; i < count; i++) {
                pair.client.send(EndpointPair.number(i));
              }
            });
    for (int i = 0; i < count; i++) {
      ByteBuf received = pair.server.receive();
      assertEquals(i, received.readLong());
      received.release();
    }
    sending.get();
    assertNull(pair.server.tryReceive());
  }

  @Test
  void shouldCarryBothDirectionsAtOnce() throws Exception {
    int count = 300;
    var forth = async(() -> sendSizes(pair.client, count));
    var back = async(() -> sendSizes(pair.server, count));
    var taken = async(() -> receiveSizes(pair.server, count));
    receiveSizes(pair.client, count);
    taken.get();
    forth.get();
    back.get();
  }

  private static void sendSizes(Endpoint endpoint, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      endpoint.send(EndpointPair.random(i, i * 37));
    }
  }

  private static void receiveSizes(Endpoint endpoint, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      ByteBuf received = endpoint.receive();
      ByteBuf expected = EndpointPair.random(i, i * 37);
      assertEquals(expected, received);
      expected.release();
      received.release();
    }
  }

  @Test
  void shouldSendTheReadableBytesOfAnyBufferAndReleaseIt() throws IOException {
    ByteBuf heap = Unpooled.wrappedBuffer(new byte[] {9, 1, 2, 3}).skipBytes(1);
    ByteBuf slice = EndpointPair.random(5, 100).skipBytes(10).readRetainedSlice(20);
    ByteBuf composite =
        Unpooled.wrappedBuffer(
            EndpointPair.random(1, 10), Unpooled.wrappedBuffer(new byte[] {4, 5}));
    for (ByteBuf message : new ByteBuf[] {heap, slice, composite}) {
      ByteBuf expected = message.copy();
      pair.client.send(message);
      ByteBuf received = pair.server.receive();
      assertEquals(expected, received);
      received.release();
      expected.release();
    }
    assertEquals(0, heap.refCnt());
    assertEquals(0, composite.refCnt());
  }

  @Test
  void shouldHoldUpTheSenderOfASlowReceiverAndLoseNothing() throws IOException {
    int bytes = 100_000;
    int accepted = 0;
    ByteBuf message = EndpointPair.random(accepted, bytes);
    long quietSince = System.nanoTime();
    while (System.nanoTime() - quietSince < Duration.ofMillis(500).toNanos()) {
      if (pair.client.trySend(message)) {
        message = EndpointPair.random(++accepted, bytes);
        quietSince = System.nanoTime();
        assertTrue(accepted < 1000, "the sender is never held up");
      } else {
        assertEquals(1, message.refCnt(), "a refused message stays the caller's");
        Thread.onSpinWait();
      }
    }
    if (pair.client.link() instanceof Link.Rdma) {
      // Over TCP it may be the socket that is full.
      assertTrue(pair.client.counters().creditStalls() > 0, "nobody saw that the peer was behind");
    }
    for (int i = 0; i < accepted; i++) {
      ByteBuf received = pair.server.receive();
      ByteBuf expected = EndpointPair.random(i, bytes);
      assertEquals(expected, received);
      received.release();
      expected.release();
    }
    message.release();
  }

  @Test
  void shouldRefuseAMessageThatThePeerDoesNotAcceptAndGoOn() throws IOException {
    pair.close();
    pair = new EndpointPair(config(), serverConfig().withMaxMessageBytes(1000));
    ByteBuf tooLong = EndpointPair.random(1, 1001);
    var refusal = assertThrows(IllegalArgumentException.class, () -> pair.client.send(tooLong));
    assertTrue(refusal.getMessage().contains("1001"), refusal.getMessage());
    assertTrue(tooLong.release(), "the refused message stays the caller's");
    pair.client.send(EndpointPair.number(7));
    ByteBuf received = pair.server.receive();
    assertEquals(7, received.readLong());
    received.release();
  }

  @Test
  void shouldRefuseAReleasedBufferAndGoOn() throws IOException {
    ByteBuf released = EndpointPair.random(1, 100);
    released.release();
    assertThrows(IllegalReferenceCountException.class, () -> pair.client.send(released));
    pair.client.send(EndpointPair.number(8));
    ByteBuf received = pair.server.receive();
    assertEquals(8, received.readLong());
    received.release();
  }

  /** Such a buffer ends its endpoint; the others of the transport do not notice. */
  @Test
  void shouldSurviveABufferThatIsReleasedWhileItWaits() throws IOException {
    ByteBuf waiting = EndpointPair.random(1, 1 << 20);
    while (pair.client.trySend(waiting.retainedDuplicate())) {
      Thread.onSpinWait();
    }
    for (int count = waiting.refCnt(); count > 0; count = waiting.refCnt()) {
      try {
        waiting.release(count);
      } catch (IllegalReferenceCountException e) {
        // The transport has released one in between: there are fewer.
      }
    }
    try (Listener listener = pair.serverTransport.listen(EndpointPair.anyPort());
        Endpoint other = pair.clientTransport.connect(listener.address());
        Endpoint others = listener.accept()) {
      other.send(EndpointPair.number(9));
      ByteBuf received = others.receive();
      assertEquals(9, received.readLong());
      received.release();
    }
  }

  /**
   * Empty messages take memory as well: a receiver that does not take them holds a bounded number.
   */
  @Test
  void shouldHoldUpASenderOfEmptyMessages() throws IOException {
    pair.close();
    pair = new EndpointPair(config(), serverConfig().withReceiveBufferBytes(100_000));
    int accepted = 0;
    long quietSince = System.nanoTime();
    while (System.nanoTime() - quietSince < Duration.ofMillis(500).toNanos()) {
      if (pair.client.trySend(Unpooled.EMPTY_BUFFER)) {
        quietSince = System.nanoTime();
        assertTrue(++accepted < 2000, "the sender is never held up");
      } else {
        Thread.onSpinWait();
      }
    }
    for (int i = 0; i < accepted; i++) {
      assertEquals(0, pair.server.receive().readableBytes());
    }
  }

  @Test
  void shouldNoticeWhenTwoThreadsCloseThatBothAreDone() throws Exception {
    var first = async(() -> pair.client.close());
    pair.client.close();
    pair.clientTransport.close();
    first.get();
  }

  @Test
  void shouldEndAReceiveAtItsDeadline() {
    var timeout =
        assertThrows(TransportException.class, () -> pair.client.receive(Duration.ofMillis(50)));
    assertEquals(Kind.TIMEOUT, timeout.kind());
  }

  @Test
  void shouldDeliverEverythingThatWasSentBeforeAClose() throws IOException {
    for (int i = 0; i < 50; i++) {
      pair.client.send(EndpointPair.random(i, 3000));
    }
    pair.client.close();
    for (int i = 0; i < 50; i++) {
      ByteBuf received = pair.server.receive();
      ByteBuf expected = EndpointPair.random(i, 3000);
      assertEquals(expected, received);
      received.release();
      expected.release();
    }
    var end = assertThrows(TransportException.class, () -> pair.server.receive());
    assertEquals(Kind.PEER_CLOSED, end.kind());
    ByteBuf late = EndpointPair.number(1);
    var refused = assertThrows(TransportException.class, () -> pair.server.send(late));
    assertEquals(Kind.PEER_CLOSED, refused.kind());
    assertTrue(late.release());
  }

  @Test
  void shouldRefuseUseAfterClose() {
    pair.client.close();
    pair.client.close();
    ByteBuf late = EndpointPair.number(1);
    for (var use :
        new org.junit.jupiter.api.function.Executable[] {
          () -> pair.client.send(late), () -> pair.client.receive(), () -> pair.client.tryReceive()
        }) {
      assertEquals(Kind.CLOSED, assertThrows(TransportException.class, use).kind());
    }
    assertTrue(late.release());
  }

  @Test
  void shouldEndAWaitingReceiveWhenTheEndpointIsClosed() throws Exception {
    var waiting = async(() -> pair.client.receive());
    Thread.sleep(50);
    pair.client.close();
    var failure = assertThrows(java.util.concurrent.ExecutionException.class, waiting::get);
    assertTrue(failure.getCause().getCause() instanceof TransportException, failure.toString());
  }

  @Test
  void shouldNoticeThatThePeersTransportIsClosed() throws IOException {
    pair.serverTransport.close();
    var end = assertThrows(TransportException.class, () -> pair.client.receive());
    assertEquals(Kind.PEER_CLOSED, end.kind());
    assertFalse(end.getMessage().isBlank());
  }

  /** Work that may fail with an exception. */
  interface Work {
    void run() throws Exception;
  }

  static CompletableFuture<Void> async(Work work) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            work.run();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        },
        command -> Thread.ofPlatform().daemon().start(command));
  }
}
