package io.verbena.samples.pubsub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;

/**
 * The messages: {@code u8} what. {@link #SUBSCRIBE} and {@link #PUBLISH} go on with {@code u8}
 * length of the topic and the topic, PUBLISH with its content; subscribers get it as it came.
 * {@link #SUBSCRIBED} says that what is published from now on will come, {@link #MISSED} and {@code
 * u64} that so many messages were left out at this place.
 */
final class Protocol {
  static final int SUBSCRIBE = 1;
  static final int PUBLISH = 2;
  static final int SUBSCRIBED = 3;
  static final int MISSED = 4;

  private static final int MOST_TOPIC_BYTES = 255;

  /** Longest message that a broker takes. */
  static final int MOST_BYTES = 1 << 20;

  private Protocol() {}

  /** A message about a topic; content can be appended. */
  static ByteBuf about(ByteBufAllocator allocator, int what, String topic) throws IOException {
    byte[] name = topic.getBytes(UTF_8);
    if (name.length == 0 || name.length > MOST_TOPIC_BYTES) {
      throw new IOException("a topic has 1 to 255 bytes, this one has " + name.length);
    }
    return allocator.directBuffer().writeByte(what).writeByte(name.length).writeBytes(name);
  }

  /**
   * The topic of a message, whose indices stay.
   *
   * @throws IOException if it has none
   */
  static String topic(ByteBuf message) throws IOException {
    int start = message.readerIndex();
    int bytes = message.readableBytes();
    if (bytes < 3 || message.getByte(start + 1) == 0 || bytes < 2 + length(message)) {
      throw new IOException("a message without a topic");
    }
    return message.toString(start + 2, length(message), UTF_8);
  }

  /** What was published; the message's indices stay. */
  static String content(ByteBuf message) {
    int skip = 2 + length(message);
    return message.toString(message.readerIndex() + skip, message.readableBytes() - skip, UTF_8);
  }

  private static int length(ByteBuf message) {
    return message.getUnsignedByte(message.readerIndex() + 1);
  }
}
