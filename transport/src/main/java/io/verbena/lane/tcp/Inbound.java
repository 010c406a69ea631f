package io.verbena.lane.tcp;

import io.netty.buffer.ByteBuf;
import io.verbena.lane.Frame;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that come from a socket: through a chunk, or straight to where a long payload belongs.
 */
final class Inbound {
  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final SocketChannel channel;
  private final Chunks chunks;
  private Chunks.@Nullable Chunk chunk;
  private int head;
  private int tail;
  private @Nullable ByteBuf target;

  /** For a scattering read: the rest of the target, then a header's length of the chunk. */
  private final ByteBuffer[] scatter = {NOTHING, NOTHING};

  Inbound(SocketChannel channel, Chunks chunks) {
    this.channel = channel;
    this.chunks = chunks;
  }

  /** Bytes in the chunk that were not taken. */
  int buffered() {
    return tail - head;
  }

  /** Whether a frame, header included, is there that nobody took. */
  boolean hasWholeFrame() {
    return buffered() >= Frame.BYTES
        && buffered() - Frame.BYTES >= buffer().getInt(head + Frame.LENGTH_AT);
  }

  /** Reads the header of the next frame, of which enough bytes are there. */
  boolean header(Frame frame, int maxPayload) {
    return frame.read(buffer(), head, maxPayload);
  }

  /** The payload of the next frame, all of it there; it counts as taken. */
  ByteBuffer take(int length) {
    int at = head + Frame.BYTES;
    head = at + length;
    return buffer().limit(head).position(at);
  }

  /** Where payloads are. */
  MemorySegment segment() {
    return Objects.requireNonNull(chunk, "nothing is there").segment;
  }

  private ByteBuffer buffer() {
    return Objects.requireNonNull(chunk, "nothing is there").buffer.limit(tail);
  }

  /** Takes the next header and has the payload, part of which is there, put to a buffer. */
  void put(ByteBuf writable, int length) {
    int there = buffered() - Frame.BYTES;
    writable.writeBytes(take(there));
    target = writable;
    scatter[0] = writable.internalNioBuffer(writable.writerIndex(), length - there);
  }

  boolean hasTarget() {
    return target != null;
  }

  /** Whether the payload has just become complete; its target is forgotten then. */
  boolean targetIsComplete() {
    if (target == null || scatter[0].hasRemaining()) {
      return false;
    }
    forgetTarget();
    return true;
  }

  private void forgetTarget() {
    target = null;
    scatter[0] = NOTHING;
    scatter[1] = NOTHING;
  }

  /** Reads what is there now; negative at the end of the stream. */
  int fill() throws IOException {
    Chunks.Chunk into = chunk;
    if (into == null) {
      into = chunks.take();
      if (into == null) {
        return 0;
      }
      chunk = into;
      head = 0;
      tail = 0;
    } else if (Chunks.CAPACITY - tail < Frame.BYTES + Chunks.MAX_PAYLOAD) {
      compact(into.buffer);
    }
    try {
      return target == null ? fillChunk(into.buffer) : fillTarget(into.buffer, target);
    } finally {
      giveBackIfEmpty();
    }
  }

  private int fillChunk(ByteBuffer buffer) throws IOException {
    int count = channel.read(buffer.limit(Chunks.CAPACITY).position(tail));
    tail += Math.max(count, 0);
    return count;
  }

  /** The next header comes with the payload: what it announces can go where it belongs again. */
  private int fillTarget(ByteBuffer buffer, ByteBuf writable) throws IOException {
    int before = scatter[0].position();
    scatter[1] = buffer.limit(Frame.BYTES).position(0);
    long count = channel.read(scatter);
    writable.writerIndex(writable.writerIndex() + scatter[0].position() - before);
    head = 0;
    tail = buffer.position();
    return (int) count;
  }

  private void compact(ByteBuffer buffer) {
    buffer.limit(tail).position(head);
    buffer.compact();
    tail -= head;
    head = 0;
  }

  /** Gives the chunk back once everything in it was taken. */
  void giveBackIfEmpty() {
    Chunks.Chunk done = chunk;
    if (done != null && head == tail) {
      chunk = null;
      head = 0;
      tail = 0;
      chunks.give(done);
    }
  }

  /** Forgets what was not taken. */
  void clear() {
    forgetTarget();
    head = tail;
    giveBackIfEmpty();
  }
}
