package io.verbena.lane.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import io.verbena.lane.Frame;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The bytes on their way into a socket: whole frames are appended, as much as fits is written. They
 * lie in a chunk, but for the payload of at most one long frame, which is written from where it is.
 * Frames that follow each other closely are a stream: it is known of each whether it waits for the
 * next, so that they leave together.
 */
final class Outbound {
  /** So much of a long payload is copied: its header is not to be a segment of its own. */
  static final int HEAD_BYTES = 8 << 10;

  /** Frames without a pause that are written one by one; those after them are a stream. */
  private static final int SINGLE_FRAMES = 8;

  /** A pause that ends a stream. */
  private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(10);

  /** How long the frames of a stream wait for others at most, as long as others come. */
  private static final long BATCH_NANOS = TimeUnit.MICROSECONDS.toNanos(30);

  private static final int BATCH_BYTES = 16 << 10;

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final SocketChannel channel;
  private final Chunks chunks;
  private Chunks.@Nullable Chunk chunk;
  private int tail;
  private long movedBytes;

  /** The payload that is written from where it is, and up to where the chunk goes before it. */
  private @Nullable ByteBuf payload;

  private int split;

  /** The parts of the payload, from 1 on; with several it is a gathering write, the chunk first. */
  private ByteBuffer[] gather = {NOTHING, NOTHING};

  private int gatherCount;
  private boolean blocked;

  /** When the socket took no more; only while it is {@link #blocked}. */
  private long filled;

  private long lastFrame = System.nanoTime();
  private long lastWrite = lastFrame;
  private int frames;
  private boolean closed;
  private @Nullable IOException failure;

  Outbound(SocketChannel channel, Chunks chunks) {
    this.channel = channel;
    this.chunks = chunks;
  }

  /** Bytes that have left so far. */
  long movedBytes() {
    return movedBytes;
  }

  /** Whether a frame with so much payload can be appended now. */
  boolean hasRoom(int payloadBytes) {
    int need = Frame.BYTES + payloadBytes;
    if (chunk != null && Chunks.CAPACITY - tail < need) {
      flush();
    }
    if (chunk == null) {
      chunk = closed ? null : chunks.take();
      return chunk != null;
    }
    if (Chunks.CAPACITY - tail < need) {
      compact(chunk.buffer);
    }
    return Chunks.CAPACITY - tail >= need;
  }

  /** Whether a long payload can be appended now: there is one of them at most. */
  boolean hasRoomForLong() {
    if (payload != null) {
      flush();
    }
    return payload == null && hasRoom(HEAD_BYTES);
  }

  private Chunks.Chunk chunk() {
    return Objects.requireNonNull(chunk, "room was not asked for");
  }

  /** Appends a header; its payload is put next, see {@link #put}. The room has been checked. */
  void header(Frame frame) {
    ByteBuffer buffer = chunk().buffer;
    buffer.limit(Chunks.CAPACITY);
    frame.write(buffer, tail);
    tail += Frame.BYTES;
  }

  void put(ByteBuf source, int index, int length) {
    ByteBuffer buffer = chunk().buffer;
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
    MemorySegment.copy(source, offset, chunk().segment, tail, length);
    tail += length;
  }

  void putLong(long value) {
    ByteBuffer buffer = chunk().buffer;
    buffer.limit(Chunks.CAPACITY);
    buffer.putLong(tail, value);
    tail += Long.BYTES;
  }

  /**
   * Appends a payload of more than {@link #HEAD_BYTES}, of which it copies no more: it is retained
   * until it is written.
   */
  void putLong(ByteBuf source, int index, int length) {
    put(source, index, HEAD_BYTES);
    putRest(source, index + HEAD_BYTES, length - HEAD_BYTES);
  }

  private void putRest(ByteBuf source, int index, int length) {
    int parts = source.nioBufferCount();
    if (parts == 1) {
      // A buffer has one internal view, which is only ours if nobody else has the buffer; that of a
      // composite is its component's.
      boolean alone =
          source.refCnt() == 1
              && source.unwrap() == null
              && !source.isReadOnly()
              && !(source instanceof CompositeByteBuf);
      gather[1] = alone ? source.internalNioBuffer(index, length) : source.nioBuffer(index, length);
      gatherCount = 2;
      payload = source.retain();
    } else if (parts > 1) {
      ByteBuffer[] views = source.nioBuffers(index, length);
      gather = new ByteBuffer[1 + views.length];
      System.arraycopy(views, 0, gather, 1, views.length);
      gatherCount = gather.length;
      payload = source.retain();
    } else {
      ByteBuf copy = Unpooled.directBuffer(length).writeBytes(source, index, length);
      gather[1] = copy.internalNioBuffer(0, length);
      gatherCount = 2;
      payload = copy;
    }
    split = tail;
  }

  /** Takes back what was appended after a mark: a frame whose payload could not be read. */
  void rewind(int mark) {
    // The next flush gives an empty chunk back: something else may be appended instead.
    tail = mark;
  }

  int mark() {
    return tail;
  }

  /**
   * Whether the frame that was appended is part of a stream and waits for the next. The first
   * frames after a pause do not, so that nothing waits that is not followed by others.
   */
  boolean joinsStream() {
    long now = System.nanoTime();
    if (now - lastFrame > PAUSE_NANOS) {
      frames = 0;
    }
    lastFrame = now;
    if (++frames > SINGLE_FRAMES && now - lastWrite < BATCH_NANOS && size() < BATCH_BYTES) {
      return true;
    }
    lastWrite = now;
    return false;
  }

  /** Whether a stream goes on; an estimate that needs no lock. */
  boolean isStreaming(long now) {
    return now - lastFrame < PAUSE_NANOS;
  }

  /** Writes what has waited: a stream begins to wait anew. */
  void flushStream() {
    flush();
    lastWrite = System.nanoTime();
  }

  /** Writes what the socket takes. A failure is kept for {@link #failure}. */
  void flush() {
    Chunks.Chunk pending = chunk;
    if (failure != null || pending == null || isPaused()) {
      return;
    }
    try {
      blocked = true;
      if (payload != null && !writePayload(pending.buffer, payload)) {
        filled = System.nanoTime();
        return;
      }
      pending.buffer.limit(tail);
      if (pending.buffer.hasRemaining()) {
        movedBytes += channel.write(pending.buffer);
      }
      blocked = pending.buffer.hasRemaining();
      if (blocked) {
        filled = System.nanoTime();
      }
      giveBackIfEmpty();
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException e) {
      failure = new IOException("what was to be sent is gone: " + e, e);
    }
  }

  /** Whether the socket was full so recently that it would take little. */
  private boolean isPaused() {
    return blocked && System.nanoTime() - filled < TcpOptions.PIECE_NANOS;
  }

  private boolean writePayload(ByteBuffer before, ByteBuf source) throws IOException {
    if (source.refCnt() == 0) {
      throw new IOException("a message was released while it was being sent");
    }
    before.limit(split);
    if (gatherCount == 2) {
      // Not gathered: for that the JDK makes objects, with memory that can be freed as ours.
      if (before.hasRemaining()) {
        movedBytes += channel.write(before);
      }
      if (!before.hasRemaining()) {
        movedBytes += channel.write(gather[1]);
      }
    } else {
      gather[0] = before;
      movedBytes += channel.write(gather, 0, gatherCount);
    }
    if (before.hasRemaining()) {
      return false;
    }
    for (int i = 1; i < gatherCount; i++) {
      if (gather[i].hasRemaining()) {
        return false;
      }
    }
    dropPayload();
    return true;
  }

  private void dropPayload() {
    ByteBuf source = payload;
    payload = null;
    if (gather.length > 2) {
      gather = new ByteBuffer[] {NOTHING, NOTHING};
    }
    gather[0] = NOTHING;
    gather[1] = NOTHING;
    // Safe: an application that released it too early must not break the end of the endpoint.
    ReferenceCountUtil.safeRelease(source);
  }

  private void giveBackIfEmpty() {
    Chunks.Chunk done = chunk;
    if (done != null && payload == null && done.buffer.position() == tail) {
      chunk = null;
      tail = 0;
      chunks.give(done);
    }
  }

  boolean isEmpty() {
    return chunk == null || (payload == null && chunk.buffer.position() == tail);
  }

  /** Whether the socket refused what is left. */
  boolean isBlocked() {
    return blocked;
  }

  /** Bytes in the chunk; more may be in a payload that lies elsewhere. */
  int size() {
    return chunk == null ? 0 : tail - chunk.buffer.position();
  }

  @Nullable IOException failure() {
    return failure;
  }

  /** Lets go of everything; nothing can be appended any more. */
  void close() {
    closed = true;
    if (payload != null) {
      dropPayload();
    }
    if (chunk != null) {
      chunk.buffer.limit(tail).position(tail);
      giveBackIfEmpty();
    }
  }

  private void compact(ByteBuffer buffer) {
    int head = buffer.position();
    buffer.limit(tail);
    buffer.compact();
    tail = buffer.position();
    split -= head;
    buffer.position(0);
  }
}
