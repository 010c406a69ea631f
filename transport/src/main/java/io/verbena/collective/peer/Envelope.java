package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/**
 * What stands before each message, 24 bytes, big-endian: u8 kind, u56 context, u64 tag, u64 length.
 * Of the content, so many bytes follow in the same message, but no more than {@link #CHUNK_BYTES};
 * the rest in messages of at most as many, without anything before them.
 */
final class Envelope {
  static final int BYTES = 24;

  /** So much is copied behind its envelope; more is lent, which costs objects. */
  static final int COPIED_BYTES = 16 << 10;

  /**
   * Parts of longer content: with an envelope as long as a longest frame of a TCP lane, and as a
   * pool's longest buffers.
   */
  static final int CHUNK_BYTES = (1 << 20) - BYTES;

  /** First on a connection, by who dialed: context is its rank, tag and length the job's token. */
  static final byte HELLO = 1;

  /** The answer, if the connection is to be used. */
  static final byte WELCOME = 2;

  /** The answer, if another connection between the two is. */
  static final byte CROSSED = 3;

  /** A message: of a context, with a tag and a length. */
  static final byte MESSAGE = 4;

  /** Context is a rank that is lost. */
  static final byte LOST = 5;

  /**
   * Collectives of a context have failed at the sender, from the one with the tag on, since a
   * process has left: length is its rank.
   */
  static final byte ABANDONED = 6;

  private Envelope() {}

  /** Whether this is something that a process tells without being asked. */
  static boolean isNotice(ByteBuffer message) {
    return message.remaining() == BYTES && (kind(message) == LOST || kind(message) == ABANDONED);
  }

  static ByteBuf write(ByteBuf to, byte kind, long context, long tag, long length) {
    return to.writeLong((long) kind << 56 | context).writeLong(tag).writeLong(length);
  }

  /**
   * What is to be read of a message of ours, which nobody else reads; valid until it is released.
   */
  static ByteBuffer bytes(ByteBuf message) {
    return message.internalNioBuffer(message.readerIndex(), message.readableBytes());
  }

  static byte kind(ByteBuffer message) {
    return message.get(message.position());
  }

  static long context(ByteBuffer message) {
    return message.getLong(message.position()) & -1L >>> 8;
  }

  static long tag(ByteBuffer message) {
    return message.getLong(message.position() + 8);
  }

  static long length(ByteBuffer message) {
    return message.getLong(message.position() + 16);
  }

  /**
   * Whether this is a message of a rank, as far as one sees.
   *
   * @param there its beginning, or all of it
   * @param bytes all of it
   */
  static boolean isMessage(ByteBuffer there, int bytes) {
    if (there.remaining() < BYTES || kind(there) != MESSAGE) {
      return false;
    }
    long length = length(there);
    return length >= 0 && bytes - BYTES == Math.min(length, CHUNK_BYTES);
  }
}
