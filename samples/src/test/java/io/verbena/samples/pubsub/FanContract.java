package io.verbena.samples.pubsub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.TransportException;
import io.verbena.samples.Pair;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The broker, over either link. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class FanContract {
  private static final int QUEUE = 64;

  private final Pair pair;

  FanContract(RdmaMode mode) throws IOException {
    // Subscribers that hold little, so that a slow one is slow at once.
    pair = new Pair(mode, TransportConfig.defaults().withReceiveBufferBytes(1 << 16));
    Thread.startVirtualThread(
        () ->
            assertThrows(
                TransportException.class, () -> Broker.serve(pair.server, pair.listener, QUEUE)));
  }

  @AfterEach
  void close() {
    pair.close();
  }

  private Endpoint subscriber(String topic) throws IOException {
    Endpoint endpoint = pair.connect();
    Subscribe.subscribe(pair.client, endpoint, topic);
    ByteBuf answer = endpoint.receive();
    assertEquals(Protocol.SUBSCRIBED, answer.readByte());
    answer.release();
    return endpoint;
  }

  private static String next(Endpoint subscriber) throws IOException {
    ByteBuf message = subscriber.receive();
    try {
      return message.getByte(message.readerIndex()) == Protocol.MISSED
          ? "missed " + message.getLong(message.readerIndex() + 1)
          : Protocol.topic(message) + ": " + Protocol.content(message);
    } finally {
      message.release();
    }
  }

  @Test
  void shouldDeliverInOrderToAllWhoHaveSubscribed() throws Exception {
    try (Endpoint publisher = pair.connect();
        Endpoint one = subscriber("news");
        Endpoint two = subscriber("news");
        Endpoint other = subscriber("weather")) {
      for (int i = 0; i < QUEUE; i++) {
        Publish.publish(pair.client, publisher, "news", "text " + i);
      }
      Publish.publish(pair.client, publisher, "nobody's", "text");
      Publish.publish(pair.client, publisher, "weather", "rain");
      for (int i = 0; i < QUEUE; i++) {
        assertEquals("news: text " + i, next(one));
        assertEquals("news: text " + i, next(two));
      }
      assertEquals("weather: rain", next(other));
    }
  }

  @Test
  void shouldHoldUpNobodyForASubscriberThatTakesNothing() throws Exception {
    String text = "x".repeat(2000);
    int batches = 40;
    int batch = QUEUE / 2;
    int all = batches * batch;
    try (Endpoint publisher = pair.connect();
        Endpoint slow = subscriber("news");
        Endpoint fast = subscriber("news")) {
      for (int i = 0; i < all; i++) {
        Publish.publish(pair.client, publisher, "news", i + text);
        if (i % batch == batch - 1) {
          for (int j = i - batch + 1; j <= i; j++) {
            assertEquals("news: " + j + text, next(fast));
          }
        }
      }
      long missed = 0;
      List<Integer> got = new ArrayList<>();
      while (missed + got.size() < all) {
        String message = next(slow);
        if (message.startsWith("missed ")) {
          missed += Long.parseLong(message.substring("missed ".length()));
        } else {
          String content = message.substring("news: ".length());
          got.add(Integer.parseInt(content.substring(0, content.indexOf('x'))));
        }
      }
      assertTrue(missed > 0, "the subscriber was not slow");
      assertEquals(got.stream().sorted().distinct().toList(), got);
      assertEquals(all - 1, got.getLast(), "the newest are kept");
    }
  }

  @Test
  void shouldEndClientsThatMakeNoSenseAndNobodyElse() throws Exception {
    try (Endpoint publisher = pair.connect();
        Endpoint subscriber = subscriber("news")) {
      for (byte[] nonsense : new byte[][] {{}, {1}, {1, 0, 0}, {2, 9, 65}, {99, 1, 65}}) {
        try (Endpoint stranger = pair.connect()) {
          stranger.send(pair.client.allocator().directBuffer().writeBytes(nonsense));
          TransportException end =
              assertThrows(TransportException.class, () -> stranger.receive().release());
          assertEquals(TransportException.Kind.PEER_LOST, end.kind(), end.getMessage());
        }
      }
      Publish.publish(pair.client, publisher, "news", "still there");
      assertEquals("news: still there", next(subscriber));
    }
  }

  @Test
  void shouldCutOffSubscribersThatAcceptOnlyShorterMessages() throws Exception {
    try (Transport small = pair.open(TransportConfig.defaults().withMaxMessageBytes(100));
        Endpoint subscriber = pair.checked(small.connect(pair.listener.address()));
        Endpoint publisher = pair.connect();
        Endpoint other = subscriber("news")) {
      Subscribe.subscribe(small, subscriber, "news");
      ByteBuf answer = subscriber.receive();
      assertEquals(Protocol.SUBSCRIBED, answer.readByte());
      answer.release();
      String text = "x".repeat(200);
      Publish.publish(pair.client, publisher, "news", text);
      assertEquals("news: " + text, next(other));
      TransportException end =
          assertThrows(TransportException.class, () -> subscriber.receive().release());
      assertEquals(TransportException.Kind.PEER_LOST, end.kind(), end.getMessage());
    }
  }

  @Test
  void shouldForgetSubscribersThatLeave() throws Exception {
    try (Endpoint publisher = pair.connect();
        Endpoint staying = subscriber("news")) {
      subscriber("news").close();
      subscriber("news").reset();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (pair.server.counters().openEndpoints() > 2 && System.nanoTime() < deadline) {
        Thread.sleep(5);
      }
      assertEquals(2, pair.server.counters().openEndpoints());
      for (int i = 0; i < QUEUE; i++) {
        Publish.publish(pair.client, publisher, "news", "text " + i);
        assertEquals("news: text " + i, next(staying));
      }
    }
  }
}
