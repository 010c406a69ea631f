package io.verbena;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import io.verbena.lane.Frame;
import io.verbena.memory.OutOfRegisteredMemoryException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The message whose frames are arriving, and its memory. The endpoint's lock guards it. */
final class Assembly {
  /** Memory that a peer gets for announcing a message; more comes with its bytes. */
  private static final int FIRST_CAPACITY = 4 << 20;

  private final ByteBufAllocator allocator;

  private @Nullable ByteBuf message;
  private long length;

  /** Bytes of the frame that is arriving which the lane puts where they belong. */
  private int awaited;

  Assembly(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** Whether there is none. */
  boolean isIdle() {
    return message == null;
  }

  /** Bytes that the message will have. */
  long length() {
    return length;
  }

  /** Makes a message of so many bytes, of which none is there yet. */
  void start(int bytes) {
    length = bytes;
    message = allocate(Math.min(bytes, FIRST_CAPACITY), bytes);
  }

  /** Makes room for the payload of a frame; returns what is wrong with that, or null. */
  @Nullable String makeRoom(Frame header) {
    ByteBuf present = message;
    if (present == null) {
      return "a part of no message";
    }
    long filled = present.readableBytes() + (long) header.length;
    if (filled > length || header.isLast() != (filled == length)) {
      return "a message whose parts do not make up its length";
    }
    if (filled > present.capacity()) {
      // By doubling: the steps in which a buffer grows by itself would copy it again and again.
      long capacity = Math.max(filled, 2L * present.capacity());
      message = grown(present, (int) Math.min(length, capacity));
    }
    return null;
  }

  private ByteBuf allocate(int capacity, int most) {
    try {
      return allocator.directBuffer(capacity, most);
    } catch (OutOfRegisteredMemoryException e) {
      return plain(capacity, most, e);
    }
  }

  /** A message with more room, which is another object if the pool has none. */
  private static ByteBuf grown(ByteBuf message, int capacity) {
    try {
      return message.capacity(capacity);
    } catch (OutOfRegisteredMemoryException e) {
      ByteBuf copy = plain(capacity, message.maxCapacity(), e);
      copy.writeBytes(message, message.readerIndex(), message.readableBytes());
      message.release();
      return copy;
    }
  }

  /** What comes in frames needs no memory that an adapter reaches. */
  private static ByteBuf plain(int capacity, int most, OutOfRegisteredMemoryException refusal) {
    try {
      return Unpooled.directBuffer(capacity, most);
    } catch (OutOfMemoryError e) {
      // It names what helps; the JVM's limit is another.
      refusal.addSuppressed(e);
      throw refusal;
    }
  }

  /** Where the rest of the payload of a frame goes for which there is room; takes what is there. */
  @Nullable ByteBuffer room(Frame header, ByteBuffer there) {
    ByteBuf present = message;
    if (present == null) {
      return null;
    }
    awaited = header.length - there.remaining();
    present.writeBytes(there);
    return present.internalNioBuffer(present.writerIndex(), awaited);
  }

  /** The rest of a payload is where it was to go. */
  void arrived() {
    ByteBuf present = message;
    if (present != null) {
      present.writerIndex(present.writerIndex() + awaited);
    }
  }

  void append(ByteBuffer payload) {
    if (message != null) {
      message.writeBytes(payload);
    }
  }

  /** The message, which is complete; null if there is none. */
  @Nullable ByteBuf finish() {
    ByteBuf complete = message;
    message = null;
    return complete;
  }

  /** Releases what will not be complete any more. */
  void drop() {
    ReferenceCountUtil.safeRelease(message);
    message = null;
  }
}
