package io.verbena.samples.pubsub;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.Endpoint;
import io.verbena.MessageHandler;
import io.verbena.TransportException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The broker's side of one connection: a handler, since nothing in it waits. */
final class Client implements MessageHandler {
  /** What one client may make the broker remember. */
  private static final int MOST_TOPICS = 1000;

  private final Topics topics;
  private final ByteBufAllocator allocator;
  private final int mostWaiting;
  private final Set<String> subscribed = new HashSet<>();
  private @Nullable Outlet outlet;

  Client(Topics topics, ByteBufAllocator allocator, int mostWaiting) {
    this.topics = topics;
    this.allocator = allocator;
    this.mostWaiting = mostWaiting;
  }

  @Override
  public void message(Endpoint from, ByteBuf message) {
    try {
      String topic = Protocol.topic(message);
      switch (message.getByte(message.readerIndex())) {
        case Protocol.SUBSCRIBE -> subscribe(from, topic);
        case Protocol.PUBLISH -> topics.publish(topic, message);
        default -> throw new IOException("there is no such request");
      }
    } catch (IOException e) {
      System.out.println(from.remoteAddress() + ": " + e.getMessage());
      from.reset();
    } finally {
      message.release();
    }
  }

  private void subscribe(Endpoint from, String topic) throws IOException {
    if (subscribed.size() >= MOST_TOPICS) {
      throw new IOException("more than %d topics".formatted(MOST_TOPICS));
    }
    Outlet mine = outlet;
    if (mine == null) {
      mine =
          new Outlet(from, allocator, mostWaiting, (long) mostWaiting * Protocol.MOST_BYTES / 64);
      outlet = mine;
    }
    mine.offer(allocator.directBuffer().writeByte(Protocol.SUBSCRIBED));
    if (subscribed.add(topic)) {
      topics.add(topic, mine);
    }
  }

  @Override
  public void ended(Endpoint endpoint, TransportException cause) {
    Outlet mine = outlet;
    if (mine != null) {
      subscribed.forEach(topic -> topics.remove(topic, mine));
      mine.end();
    }
    String end =
        cause.kind() == TransportException.Kind.PEER_CLOSED
            ? "gone"
            : String.valueOf(cause.getMessage());
    System.out.println(endpoint.remoteAddress() + ": " + end);
    endpoint.close();
  }
}
