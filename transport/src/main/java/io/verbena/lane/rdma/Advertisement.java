package io.verbena.lane.rdma;

import io.verbena.memory.BufferRanges;
import io.verbena.verbs.MemoryRegion;
import java.nio.ByteBuffer;

/**
 * Where an advertised message lies, on the wire: for each piece {@value #PIECE_BYTES} bytes,
 * big-endian: address (u64), length (u32), key (u32).
 */
final class Advertisement {
  /** Most pieces that a message may have. */
  static final int MOST_PIECES = 16;

  static final int PIECE_BYTES = 16;

  private static final int LENGTH_AT = 8;
  private static final int KEY_AT = 12;

  private Advertisement() {}

  /** Writes the pieces at an absolute index. */
  static void write(BufferRanges pieces, ByteBuffer target, int at) {
    for (int i = 0; i < pieces.count(); i++) {
      int piece = at + i * PIECE_BYTES;
      MemoryRegion region = pieces.region(i);
      if (region == null) {
        throw new IllegalArgumentException("the message is not in registered memory");
      }
      target.putLong(piece, region.address() + pieces.offset(i));
      target.putInt(piece + LENGTH_AT, pieces.length(i));
      target.putInt(piece + KEY_AT, region.rkey());
    }
  }

  /** Whether the remaining bytes of a payload name pieces that make up a message. */
  static boolean isValid(ByteBuffer payload, long length) {
    int bytes = payload.remaining();
    if (bytes == 0 || bytes % PIECE_BYTES != 0 || bytes > MOST_PIECES * PIECE_BYTES) {
      return false;
    }
    long sum = 0;
    for (int i = 0; i < bytes / PIECE_BYTES; i++) {
      int piece = length(payload, i);
      long address = address(payload, i);
      if (piece <= 0 || address <= 0 || address > Long.MAX_VALUE - piece) {
        return false;
      }
      sum += piece;
    }
    return sum == length;
  }

  static int count(ByteBuffer payload) {
    return payload.remaining() / PIECE_BYTES;
  }

  static long address(ByteBuffer payload, int piece) {
    return payload.getLong(payload.position() + piece * PIECE_BYTES);
  }

  static int length(ByteBuffer payload, int piece) {
    return payload.getInt(payload.position() + piece * PIECE_BYTES + LENGTH_AT);
  }

  static int key(ByteBuffer payload, int piece) {
    return payload.getInt(payload.position() + piece * PIECE_BYTES + KEY_AT);
  }
}
