package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Messages of one peer that came before their receives were started, oldest first. */
final class Backlog {
  /** So much may wait; then the peer is held up until a receive is started. */
  static final long MOST_BYTES = 64 << 20;

  /** So many objects are kept for other messages. */
  private static final int MOST_IDLE = 16;

  /** What a message counts besides its bytes: empty ones cost memory, too. */
  private static final long MESSAGE_BYTES = 256;

  private @Nullable Unexpected first;
  private @Nullable Unexpected last;
  private @Nullable Unexpected idle;
  private int idleCount;
  private long bytes;

  /** The one of which more is to come. */
  private @Nullable Unexpected arriving;

  boolean isFull() {
    return bytes > MOST_BYTES;
  }

  /** Takes the oldest message out that a receive takes; null if there is none. */
  @Nullable Unexpected take(Receive receive) {
    Unexpected before = null;
    for (Unexpected each = first; each != null; before = each, each = each.next) {
      if (receive.takes(each.context, each.tag)) {
        unlink(before, each);
        return each;
      }
    }
    return null;
  }

  private void unlink(@Nullable Unexpected before, Unexpected message) {
    Unexpected rest = message.next;
    if (before == null) {
      first = rest;
    } else {
      before.next = rest;
    }
    if (rest == null) {
      last = before;
    }
    message.next = null;
    bytes -= message.bytes + MESSAGE_BYTES;
  }

  /** Whether more is to come of a message that was taken: it goes elsewhere from now on. */
  @SuppressWarnings("ReferenceEquality") // the very one
  boolean stopsArriving(Unexpected message) {
    if (message != arriving) {
      return false;
    }
    arriving = null;
    return true;
  }

  /** Frees what is in a message that was taken, and keeps it for another. */
  void recycle(Unexpected message) {
    message.drop();
    if (idleCount < MOST_IDLE) {
      message.next = idle;
      idle = message;
      idleCount++;
    }
  }

  /**
   * A message has come, or its beginning.
   *
   * @param content is retained
   * @param more whether something is still to come
   */
  void add(long context, long tag, long length, ByteBuf content, boolean more) {
    Unexpected message = unused();
    message.set(context, tag, length);
    if (last == null) {
      first = message;
    } else {
      last.next = message;
    }
    last = message;
    bytes += MESSAGE_BYTES;
    keep(message, content);
    arriving = more ? message : null;
  }

  private Unexpected unused() {
    Unexpected message = idle;
    if (message == null) {
      return new Unexpected();
    }
    idle = message.next;
    message.next = null;
    idleCount--;
    return message;
  }

  private void keep(Unexpected message, ByteBuf content) {
    if (content.isReadable()) {
      bytes += content.readableBytes();
      message.add(content.retain());
    }
  }

  /** More of the message that is arriving, unless nobody wants it. */
  void append(ByteBuf content, boolean more) {
    if (arriving != null) {
      keep(arriving, content);
      if (!more) {
        arriving = null;
      }
    }
  }

  /** Forgets messages that nobody will ask for. */
  void drop(long context) {
    Unexpected before = null;
    for (Unexpected each = first; each != null; ) {
      Unexpected rest = each.next;
      if (each.context == context) {
        forget(before, each);
      } else {
        before = each;
      }
      each = rest;
    }
  }

  /** Forgets the message that is arriving: nothing more comes of it. */
  @SuppressWarnings("ReferenceEquality") // the very one
  void tear() {
    Unexpected before = null;
    for (Unexpected each = first; each != null; before = each, each = each.next) {
      if (each == arriving) {
        forget(before, each);
        return;
      }
    }
  }

  private void forget(@Nullable Unexpected before, Unexpected message) {
    unlink(before, message);
    message.drop();
    stopsArriving(message);
  }

  /** Frees everything. */
  void clear() {
    for (Unexpected each = first; each != null; each = each.next) {
      each.drop();
    }
    first = null;
    last = null;
    arriving = null;
  }
}
