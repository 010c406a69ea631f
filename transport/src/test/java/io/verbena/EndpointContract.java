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
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers, notifications, flushes, states and ends, whatever the link and the progress. */
@Timeout(120)
abstract class EndpointContract {
  private static final int COUNT = 200;

  EndpointPair pair;

  abstract TransportConfig config();

  /** Of the side that accepts; by default the same. */
  TransportConfig serverConfig() {
    return config();
  }

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

  /** Writes down what a handler gets. */
  private static class Recorder implements MessageHandler {
    final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();

    @Override
    public void message(Endpoint from, ByteBuf message) throws Exception {
      heard.add(message.readLong());
      message.release();
    }

    @Override
    public void notified(Endpoint from, int value) throws Exception {
      heard.add(value);
    }

    @Override
    public void ended(Endpoint endpoint, TransportException cause) {
      heard.add(cause.kind());
    }

    Object next() throws InterruptedException {
      Object next = heard.poll(60, TimeUnit.SECONDS);
      assertTrue(next != null, "the handler hears nothing");
      return next;
    }

    @Nullable Object nothing() throws InterruptedException {
      return heard.poll(100, TimeUnit.MILLISECONDS);
    }
  }

  @Test
  void shouldHandWhatArrivesToTheHandlerInOrder() throws Exception {
    for (long i = 0; i < 5; i++) {
      pair.client.send(EndpointPair.number(i));
    }
    var recorder = new Recorder();
    assertEquals(0, pair.server.receive().readLong(), "without a handler, messages are received");
    pair.server.handle(recorder);
    for (long i = 5; i < COUNT; i++) {
      pair.client.send(EndpointPair.number(i));
    }
    for (long i = 1; i < COUNT; i++) {
      assertEquals(i, recorder.next());
    }
    assertThrows(IllegalStateException.class, pair.server::tryReceive);
    assertThrows(IllegalStateException.class, () -> pair.server.handle(recorder));
  }

  @Test
  void shouldLetHandlersSend() throws Exception {
    MessageHandler echo = (from, message) -> from.send(message);
    pair.server.handle(echo);
    var recorder = new Recorder();
    pair.client.handle(recorder);
    // More than both windows hold: the echoing handler has to wait for room at times.
    for (long i = 0; i < COUNT; i++) {
      pair.client.send(EndpointPair.number(i));
    }
    for (long i = 0; i < COUNT; i++) {
      assertEquals(i, recorder.next());
    }
  }

  @Test
  void shouldTellNobodyOfAWriteThatWasRefused() throws Exception {
    var recorder = new Recorder();
    pair.server.handle(recorder);
    RegisteredMemory source = pair.clientTransport.allocate(8);
    RegisteredMemory target = pair.serverTransport.allocate(8);
    RemoteMemory gone = target.grant(RemoteAccess.WRITE);
    assertTrue(target.revoke(gone));
    Operation refused = pair.client.writeAndNotify(source, 0, gone, 0, 8, 1);
    assertEquals(Kind.REMOTE_ACCESS, assertThrows(TransportException.class, refused::await).kind());
    if (pair.client.state() == EndpointState.OPEN) {
      RemoteMemory there = target.grant(RemoteAccess.WRITE);
      pair.client.writeAndNotify(source, 0, there, 0, 8, 2).await();
      assertEquals(2, recorder.next());
    } else {
      assertInstanceOf(Kind.class, recorder.next(), "on RDMA it is the end of the endpoint");
    }
  }

  @Test
  void shouldNotifyWhenTheBytesAreThere() throws Exception {
    var recorder = new Recorder();
    RegisteredMemory target = pair.serverTransport.allocate(8L * COUNT);
    RemoteMemory grant = target.grant(RemoteAccess.WRITE);
    var wrong = new LinkedBlockingQueue<String>();
    pair.server.handle(
        new MessageHandler() {
          @Override
          public void message(Endpoint from, ByteBuf message) throws Exception {
            recorder.message(from, message);
          }

          @Override
          public void notified(Endpoint from, int value) throws Exception {
            long there = target.segment().get(ValueLayout.JAVA_LONG, 8L * value);
            if (there != value + 1) {
              wrong.add("%d is at %d".formatted(there, value));
            }
            recorder.notified(from, value);
          }
        });
    RegisteredMemory source = pair.clientTransport.allocate(8L * COUNT);
    for (int i = 0; i < COUNT; i++) {
      source.segment().set(ValueLayout.JAVA_LONG, 8L * i, i + 1);
      pair.client.writeAndNotify(source, 8L * i, grant, 8L * i, 8, i);
      if (i % 10 == 0) {
        pair.client.send(EndpointPair.number(1000 + i));
      }
    }
    for (int i = 0; i < COUNT; i++) {
      assertEquals(i, recorder.next());
      if (i % 10 == 0) {
        assertEquals(1000L + i, recorder.next());
      }
    }
    assertEquals(List.of(), List.copyOf(wrong));
    assertEquals(COUNT, pair.server.counters().notificationsReceived());
    assertEquals(0, pair.server.counters().notificationsUnheard());
  }

  @Test
  void shouldCountNotificationsThatNobodyHears() throws IOException {
    RegisteredMemory target = pair.serverTransport.allocate(8);
    RemoteMemory grant = target.grant(RemoteAccess.WRITE);
    pair.client.writeAndNotify(pair.clientTransport.allocate(8), 0, grant, 0, 8, 7).await();
    pair.client.send(EndpointPair.number(1));
    pair.server.receive().release();
    assertEquals(1, pair.server.counters().notificationsUnheard());
  }

  @Test
  void shouldFlush() throws IOException {
    RegisteredMemory target = pair.serverTransport.allocate(8);
    RemoteMemory grant = target.grant(RemoteAccess.WRITE);
    RegisteredMemory source = pair.clientTransport.allocate(8);
    for (int i = 1; i <= 20; i++) {
      source.segment().set(ValueLayout.JAVA_LONG, 0, i);
      pair.client.write(source, 0, grant, 0, 8);
      pair.client.flush();
      assertEquals(i, target.segment().get(ValueLayout.JAVA_LONG, 0));
    }
  }

  @Test
  void shouldTellTheHandlerOfThePeersEndLast() throws Exception {
    var recorder = new Recorder();
    pair.server.handle(recorder);
    pair.client.send(EndpointPair.number(1));
    assertEquals(EndpointState.OPEN, pair.server.state());
    pair.client.close();
    assertEquals(1L, recorder.next());
    assertEquals(Kind.PEER_CLOSED, recorder.next());
    assertEquals(EndpointState.PEER_CLOSED, pair.server.state());
    assertEquals(Kind.PEER_CLOSED, pair.server.cause().orElseThrow().kind());
    pair.server.close();
    assertNull(recorder.nothing(), "the end is told once");
    assertEquals(EndpointState.CLOSED, pair.server.state());
  }

  @Test
  void shouldTellTheHandlerOfItsOwnEnd() throws Exception {
    var recorder = new Recorder();
    pair.server.handle(recorder);
    pair.server.close();
    assertEquals(Kind.CLOSED, recorder.next());
    assertNull(recorder.nothing(), "the end is told once");
    assertEquals(Kind.CLOSED, pair.server.cause().orElseThrow().kind());
  }

  @Test
  void shouldBeLostForThePeerAfterAReset() throws Exception {
    var recorder = new Recorder();
    pair.server.handle(recorder);
    pair.client.reset();
    assertEquals(EndpointState.CLOSED, pair.client.state());
    assertEquals(Kind.PEER_LOST, recorder.next());
    assertEquals(EndpointState.FAILED, pair.server.state());
    assertEquals(
        Kind.CLOSED, assertThrows(TransportException.class, () -> pair.client.receive()).kind());
  }

  @Test
  void shouldEndTheEndpointOfAHandlerThatThrows() throws Exception {
    var recorder =
        new Recorder() {
          @Override
          public void message(Endpoint from, ByteBuf message) throws Exception {
            super.message(from, message);
            throw new IOException("a handler's own trouble");
          }
        };
    pair.server.handle(recorder);
    pair.client.send(EndpointPair.number(1));
    assertEquals(1L, recorder.next());
    assertEquals(Kind.CLOSED, recorder.next());
    String cause = pair.server.cause().orElseThrow().getMessage();
    assertTrue(cause.contains("a handler's own trouble"), cause);
    assertEquals(EndpointState.FAILED, pair.server.state());
  }

  @Test
  void shouldNotBlameAHandlerThatAnswersAPeerWhoHasGone() throws Exception {
    for (long i = 0; i < 3; i++) {
      pair.client.send(pair.clientTransport.allocator().directBuffer().writeLong(i));
    }
    Thread closer = Thread.startVirtualThread(pair.client::close);
    awaitState(pair.server, EndpointState.PEER_CLOSED);
    var recorder =
        new Recorder() {
          @Override
          public void message(Endpoint from, ByteBuf message) throws Exception {
            heard.add(message.readLong());
            message.release();
            from.flush();
          }
        };
    pair.server.handle(recorder);
    for (long i = 0; i < 3; i++) {
      assertEquals(i, recorder.next());
    }
    assertEquals(Kind.PEER_CLOSED, recorder.next());
    assertEquals(EndpointState.PEER_CLOSED, pair.server.state());
    pair.server.close();
    closer.join();
  }

  private static void awaitState(Endpoint endpoint, EndpointState state) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (endpoint.state() != state && System.nanoTime() < deadline) {
      Thread.sleep(1);
    }
    assertEquals(state, endpoint.state());
  }

  @Test
  void shouldWaitForEverWhenAskedTo() throws Exception {
    Duration forEver = ChronoUnit.FOREVER.getDuration();
    pair.client.send(pair.clientTransport.allocator().directBuffer().writeLong(1));
    pair.server.receive(forEver).release();
    try (RegisteredMemory local = pair.clientTransport.allocate(8);
        RegisteredMemory page = pair.serverTransport.allocate(8)) {
      RemoteMemory remote = pair.server.grant(page, RemoteAccess.READ);
      assertEquals(0, pair.client.read(local, 0, remote, 0, 8).await(forEver));
    }
    TransportException atOnce =
        assertThrows(
            TransportException.class, () -> pair.server.receive(forEver.negated()).release());
    assertEquals(Kind.TIMEOUT, atOnce.kind());
  }

  @Test
  void shouldLetAHandlerCloseItsEndpoint() throws Exception {
    var recorder =
        new Recorder() {
          @Override
          public void message(Endpoint from, ByteBuf message) throws Exception {
            super.message(from, message);
            from.close();
          }
        };
    pair.server.handle(recorder);
    pair.client.send(EndpointPair.number(1));
    assertEquals(1L, recorder.next());
    assertEquals(Kind.CLOSED, recorder.next());
    var failure =
        assertThrows(TransportException.class, () -> pair.client.receive(Duration.ofSeconds(30)));
    assertEquals(Kind.PEER_CLOSED, failure.kind());
  }

  @Test
  void shouldDeliverALongMessageThatStandsBetweenShortOnes() throws IOException {
    pair.close();
    // Held, the short ones alone take more than the receiver may hold besides the long one.
    pair = new EndpointPair(config(), serverConfig().withReceiveBufferBytes(1 << 20));
    pair.client.send(EndpointPair.number(1));
    pair.client.send(EndpointPair.random(2, 1 << 21));
    pair.client.send(EndpointPair.number(3));
    assertEquals(1, pair.server.receive().readLong());
    assertEquals(1 << 21, pair.server.receive().readableBytes());
    assertEquals(3, pair.server.receive().readLong());
  }

  @Test
  void shouldLetAHandlerCloseItsTransport() throws Exception {
    var recorder =
        new Recorder() {
          @Override
          public void message(Endpoint from, ByteBuf message) throws Exception {
            super.message(from, message);
            pair.serverTransport.close();
          }
        };
    pair.server.handle(recorder);
    pair.client.send(EndpointPair.number(1));
    assertEquals(1L, recorder.next());
    assertEquals(Kind.CLOSED, recorder.next());
    // Waits until the other thread has freed everything.
    pair.serverTransport.close();
    assertThrows(IOException.class, () -> pair.serverTransport.allocate(8));
  }

  @Test
  void shouldCount() throws IOException {
    pair.client.send(EndpointPair.random(1, 100));
    pair.client.send(EndpointPair.random(2, 1 << 20));
    pair.server.receive().release();
    pair.server.receive().release();
    EndpointCounters sent = pair.client.counters();
    assertEquals(2, sent.messagesSent());
    assertEquals(100 + (1 << 20), sent.bytesSent());
    EndpointCounters received = pair.server.counters();
    assertEquals(2, received.messagesReceived());
    assertEquals(100 + (1 << 20), received.bytesReceived());
    pair.client.close();
    TransportCounters all = pair.clientTransport.counters();
    assertEquals(0, all.openEndpoints());
    assertEquals(1, all.endpoints());
    assertEquals(2, all.traffic().messagesSent());
  }
}
