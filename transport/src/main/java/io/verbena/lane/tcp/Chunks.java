package io.verbena.lane.tcp;

import io.verbena.lane.Frame;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The stock of memory through which a transport's TCP lanes send and receive: a lane has a piece of
 * it only while bytes wait in it, so that idle lanes cost none. Thread-safe; allocates nothing as
 * long as the stock lasts.
 */
public final class Chunks {
  /** Longest payload that goes through a chunk. */
  static final int MAX_PAYLOAD = 64 << 10;

  /** Room for a longest frame besides short ones that are under way, one page-sized step more. */
  static final int CAPACITY = 2 * MAX_PAYLOAD;

  /** Lanes that are busy at the same time and do without an allocation. */
  private static final int KEPT = 64;

  /** A piece of memory; its holder may do with the buffer's position and limit as it likes. */
  static final class Chunk {
    final ByteBuffer buffer = ByteBuffer.allocateDirect(CAPACITY);
    final MemorySegment segment = MemorySegment.ofBuffer(buffer);
  }

  static {
    if (CAPACITY < Frame.BYTES + MAX_PAYLOAD) {
      throw new AssertionError("a chunk must hold a frame");
    }
  }

  private final AtomicReferenceArray<@Nullable Chunk> kept = new AtomicReferenceArray<>(KEPT);

  /** Creates a stock that fills up by use. */
  public Chunks() {}

  /** An empty chunk, or null if there is no memory for one now. */
  @Nullable Chunk take() {
    for (int i = 0; i < KEPT; i++) {
      if (kept.getPlain(i) != null) {
        Chunk chunk = kept.getAndSet(i, null);
        if (chunk != null) {
          return chunk;
        }
      }
    }
    try {
      return new Chunk();
    } catch (OutOfMemoryError e) {
      return null;
    }
  }

  /** Takes a chunk back; beyond what is kept, the garbage collector frees it. */
  void give(Chunk chunk) {
    chunk.buffer.clear();
    for (int i = 0; i < KEPT; i++) {
      if (kept.getPlain(i) == null && kept.compareAndSet(i, null, chunk)) {
        return;
      }
    }
  }
}
