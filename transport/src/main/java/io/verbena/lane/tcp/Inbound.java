package io.verbena.lane.tcp;

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
  /**
   * What is read of what follows a long payload: the beginning of another one, which can go where
   * it belongs then.
   */
  private static final int PEEKED_BYTES = 4 << 10;

  private final SocketChannel channel;
  private final Chunks chunks;
  private Chunks.@Nullable Chunk chunk;
  private long movedBytes;
  private int head;
  private int tail;

  /** When the target last took all that had come. */
  private long drained;

  /** Where the rest of a long payload goes; null if none is under way. */
  private @Nullable ByteBuffer target;

  private @Nullable RuntimeException unusable;

  /** Whether a long payload has just come: another one may follow. */
  private boolean afterTarget;

  Inbound(SocketChannel channel, Chunks chunks) {
    this.channel = channel;
    this.chunks = chunks;
  }

  /** Bytes that have come so far. */
  long movedBytes() {
    return movedBytes;
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

  /** What comes next, as much as there is room for, goes there. */
  void expect(ByteBuffer room) {
    target = room;
    hurry();
  }

  /** The next look is at once: nothing more may come than is there. */
  void hurry() {
    drained = System.nanoTime() - TcpOptions.PIECE_NANOS;
  }

  /** What is still to come of a long payload goes nowhere. */
  void divert() {
    if (target != null) {
      target = ByteBuffer.allocateDirect(target.remaining());
    }
  }

  /** Whether the payload has just become complete; its target is forgotten then. */
  boolean targetIsComplete() {
    if (target == null || target.hasRemaining()) {
      return false;
    }
    target = null;
    afterTarget = true;
    return true;
  }

  /** Why the target that is complete was not written to its end; null if it was. */
  @Nullable RuntimeException takeUnusable() {
    RuntimeException why = unusable;
    unusable = null;
    return why;
  }

  /**
   * Reads what is there now.
   *
   * @param looks how often to look while nothing is there
   * @return how many bytes were there; negative at the end of the stream
   */
  int fill(int looks) throws IOException {
    int count = 0;
    try {
      for (int look = 0; look < looks && count == 0; look++) {
        count = target == null ? fillChunk() : fillTarget(target);
      }
      movedBytes += Math.max(count, 0);
      return count;
    } finally {
      giveBackIfEmpty();
    }
  }

  /** The chunk, with room for a longest frame; null if there is no memory for one now. */
  private Chunks.@Nullable Chunk room() {
    Chunks.Chunk into = chunk;
    if (into == null) {
      into = chunks.take();
      chunk = into;
      head = 0;
      tail = 0;
    } else if (Chunks.CAPACITY - tail < Frame.BYTES + Chunks.MAX_PAYLOAD) {
      compact(into.buffer);
    }
    return into;
  }

  private int fillChunk() throws IOException {
    Chunks.Chunk into = room();
    if (into == null) {
      return 0;
    }
    int end = afterTarget ? Math.min(tail + PEEKED_BYTES, Chunks.CAPACITY) : Chunks.CAPACITY;
    int count = channel.read(into.buffer.limit(end).position(tail));
    if (count > 0) {
      tail += count;
      afterTarget = false;
    }
    return count;
  }

  private int fillTarget(ByteBuffer room) throws IOException {
    if (room.remaining() > TcpOptions.PIECE_BYTES
        && System.nanoTime() - drained < TcpOptions.PIECE_NANOS) {
      return 0;
    }
    try {
      int count = channel.read(room);
      if (room.hasRemaining()) {
        drained = System.nanoTime();
      }
      return count;
    } catch (IllegalStateException e) {
      // Its arena was closed: that is its owner's affair, not the connection's.
      unusable = e;
      divert();
      return 0;
    }
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
    target = null;
    afterTarget = false;
    head = tail;
    giveBackIfEmpty();
  }
}
