package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;

/** A message, or its beginning, that came before its receive was started. */
final class Unexpected {
  final long context;
  final long tag;
  final long length;
  long bytes;
  private final ArrayDeque<ByteBuf> parts = new ArrayDeque<>(1);

  Unexpected(long context, long tag, long length) {
    this.context = context;
    this.tag = tag;
    this.length = length;
  }

  /** Takes the buffer over. */
  void add(ByteBuf part) {
    bytes += part.readableBytes();
    parts.add(part);
  }

  /** Hands everything to a receive. */
  void moveTo(Receive receive) {
    for (ByteBuf part : parts) {
      receive.put(Envelope.bytes(part));
    }
    drop();
  }

  void drop() {
    parts.forEach(ByteBuf::release);
    parts.clear();
  }
}
