package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A message, or its beginning, that came before its receive was started. Used again. */
final class Unexpected {
  long context;
  long tag;
  long length;
  long bytes;

  /** The one that came after it. */
  @Nullable Unexpected next;

  private final ArrayDeque<ByteBuf> parts = new ArrayDeque<>(1);

  /** Becomes another message. */
  void set(long newContext, long newTag, long newLength) {
    context = newContext;
    tag = newTag;
    length = newLength;
    bytes = 0;
  }

  /** Takes the buffer over. */
  void add(ByteBuf part) {
    bytes += part.readableBytes();
    parts.add(part);
  }

  /** Hands everything to a receive. */
  void moveTo(Receive receive) {
    for (ByteBuf part = parts.peek(); part != null; part = parts.peek()) {
      receive.put(Envelope.bytes(part));
      parts.remove().release();
    }
  }

  void drop() {
    parts.forEach(ByteBuf::release);
    parts.clear();
  }
}
