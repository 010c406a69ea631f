package io.verbena.lane.tcp;

import io.netty.buffer.ByteBuf;
import io.verbena.lane.Frame;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** The bytes on their way into a socket: whole frames are appended, as much as fits is written. */
final class Outbound {
  /** Room for a few of the longest frames, so that copying the next overlaps with the network. */
  private static final int CAPACITY = 4 * (Frame.BYTES + TcpLane.MAX_PAYLOAD);

  private final SocketChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(CAPACITY);
  private final MemorySegment segment = MemorySegment.ofBuffer(buffer);
  private int tail;
  private @Nullable IOException failure;

  Outbound(SocketChannel channel) {
    this.channel = channel;
    buffer.limit(0);
  }

  /** Whether a frame with so much payload can be appended now. */
  boolean hasRoom(int payloadBytes) {
    int need = Frame.BYTES + payloadBytes;
    if (CAPACITY - tail >= need) {
      return true;
    }
    flush();
    if (CAPACITY - tail >= need) {
      return true;
    }
    compact();
    return CAPACITY - tail >= need;
  }

  /** Appends a header; its payload is put next, see {@link #put}. The room has been checked. */
  void header(Frame frame) {
    buffer.limit(CAPACITY);
    frame.write(buffer, tail);
    tail += Frame.BYTES;
  }

  void put(ByteBuf source, int index, int length) {
    int head = buffer.position();
    buffer.limit(tail + length).position(tail);
    try {
      source.getBytes(index, buffer);
    } finally {
      buffer.position(head);
    }
    tail += length;
  }

  void put(MemorySegment source, long offset, int length) {
    MemorySegment.copy(source, offset, segment, tail, length);
    tail += length;
  }

  void putLong(long value) {
    buffer.limit(CAPACITY);
    buffer.putLong(tail, value);
    tail += Long.BYTES;
  }

  /** Takes back what was appended after a mark: a frame whose payload could not be read. */
  void rewind(int mark) {
    tail = mark;
  }

  int mark() {
    return tail;
  }

  /** Writes what the socket takes. A failure is kept for {@link #failure}. */
  void flush() {
    if (failure != null || isEmpty()) {
      return;
    }
    buffer.limit(tail);
    try {
      channel.write(buffer);
    } catch (IOException e) {
      failure = e;
    }
    if (buffer.position() == tail) {
      buffer.position(0);
      tail = 0;
    }
  }

  boolean isEmpty() {
    return buffer.position() == tail;
  }

  @Nullable IOException failure() {
    return failure;
  }

  private void compact() {
    buffer.limit(tail);
    buffer.compact();
    tail = buffer.position();
    buffer.position(0);
  }
}
