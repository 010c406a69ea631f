package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** What one peer sends: it finds the receives that wait for it, or waits for them. */
final class Inbound {
  /** So much may wait for its receives; then the peer is held up until one of them is started. */
  static final long MOST_WAITING_BYTES = 64 << 20;

  /** What a message counts besides its bytes: empty ones cost memory, too. */
  private static final long MESSAGE_BYTES = 256;

  private final Peers peers;
  private final int rank;
  final Queue<Receive> receives = new Queue<>();
  private final ArrayDeque<Unexpected> unexpected = new ArrayDeque<>();
  private long waitingBytes;

  /** Of the message that is arriving: what is still to come, and where it goes. */
  private long rest;

  private long total;

  private @Nullable Receive receiving;
  private @Nullable Unexpected gathering;

  Inbound(Peers peers, int rank) {
    this.peers = peers;
    this.rank = rank;
  }

  /** Not while something is awaited that may be behind what waits here. */
  boolean isHeldUp() {
    return waitingBytes > MOST_WAITING_BYTES
        && receives.isEmpty()
        && receiving == null
        && !peers.awaitsAnybody();
  }

  boolean isReceiving() {
    return receiving != null;
  }

  boolean isBetweenMessages() {
    return rest == 0;
  }

  /** Whether a started receive finds its message here; if it has not ended then, it will. */
  boolean find(Receive receive) {
    for (Iterator<Unexpected> all = unexpected.iterator(); all.hasNext(); ) {
      Unexpected message = all.next();
      if (receive.takes(message.context, message.tag)) {
        all.remove();
        waitingBytes -= message.bytes + MESSAGE_BYTES;
        match(receive, message.context, message.tag);
        boolean arriving = isGathering(message);
        if (arriving) {
          gathering = null;
        }
        try {
          if (!isTooLong(receive, message.length)) {
            message.moveTo(receive);
          }
        } catch (RuntimeException e) {
          unusable(receive, e);
          return true;
        } finally {
          message.drop();
        }
        if (arriving) {
          receiving = receive;
        } else {
          finish(receive, message.length);
        }
        return true;
      }
    }
    return false;
  }

  @SuppressWarnings("ReferenceEquality") // the very one
  private boolean isGathering(Unexpected message) {
    return gathering == message;
  }

  private void match(Receive receive, long context, long tag) {
    receive.peer = rank;
    receive.context = context;
    receive.tag = tag;
    receive.received = 0;
  }

  private static boolean isTooLong(Receive receive, long length) {
    return length > receive.length;
  }

  private void finish(Receive receive, long length) {
    if (isTooLong(receive, length)) {
      receive.end(
          new PeerFailure(
              PeerFailure.Kind.TRUNCATED,
              rank,
              "a message of %d bytes from rank %d, and room for %d"
                  .formatted(length, rank, receive.length),
              null));
      return;
    }
    receive.length = length;
    receive.end(null);
  }

  /**
   * A message of the endpoint, which is released.
   *
   * @return whether it made sense
   */
  boolean arrived(ByteBuf message) {
    try {
      if (rest > 0) {
        return part(message);
      }
      if (message.readableBytes() < Envelope.BYTES || Envelope.kind(message) != Envelope.MESSAGE) {
        return false;
      }
      long context = Envelope.context(message);
      long tag = Envelope.tag(message);
      long length = Envelope.length(message);
      message.skipBytes(Envelope.BYTES);
      long here = message.readableBytes();
      if (length < 0 || here != Math.min(length, Envelope.CHUNK_BYTES)) {
        return false;
      }
      begin(context, tag, length, message);
      return true;
    } finally {
      message.release();
    }
  }

  private boolean put(Receive receive, ByteBuf content) {
    try {
      receive.put(content);
      return true;
    } catch (RuntimeException e) {
      unusable(receive, e);
      return false;
    }
  }

  private void unusable(Receive receive, RuntimeException cause) {
    receive.end(PeerFailure.ofMemory(rank, cause));
  }

  private void begin(long context, long tag, long length, ByteBuf content) {
    Receive receive = peers.waiting(this, context, tag);
    total = length;
    rest = length - content.readableBytes();
    if (receive == null) {
      Unexpected message = new Unexpected(context, tag, length);
      unexpected.add(message);
      waitingBytes += MESSAGE_BYTES;
      keep(message, content);
      gathering = rest > 0 ? message : null;
      return;
    }
    match(receive, context, tag);
    if (!isTooLong(receive, length) && !put(receive, content)) {
      return;
    }
    if (rest > 0) {
      receiving = receive;
    } else {
      finish(receive, length);
    }
  }

  private void keep(Unexpected message, ByteBuf content) {
    if (content.isReadable()) {
      waitingBytes += content.readableBytes();
      message.add(content.retain());
    }
  }

  private boolean part(ByteBuf content) {
    if (content.readableBytes() > rest || !content.isReadable()) {
      return false;
    }
    rest -= content.readableBytes();
    Receive receive = receiving;
    Unexpected message = gathering;
    if (receive != null) {
      if (!isTooLong(receive, total) && !put(receive, content)) {
        // What is still to come is dropped.
        receiving = null;
      } else if (rest == 0) {
        receiving = null;
        finish(receive, total);
      }
    } else if (message != null) {
      keep(message, content);
      if (rest == 0) {
        gathering = null;
      }
    }
    return true;
  }

  /** Whether it waited, or was arriving: its memory is not written any more. */
  @SuppressWarnings("ReferenceEquality") // the very one
  boolean cancel(Receive receive) {
    if (receive == receiving) {
      // What is still to come is dropped.
      receiving = null;
      return true;
    }
    return receives.remove(receive);
  }

  /** Forgets messages that nobody will ask for. */
  void drop(long context) {
    unexpected.removeIf(
        message -> {
          if (message.context != context) {
            return false;
          }
          waitingBytes -= message.bytes + MESSAGE_BYTES;
          message.drop();
          if (isGathering(message)) {
            gathering = null;
          }
          return true;
        });
  }

  /** Nothing more comes. */
  void fail(PeerFailure failure) {
    Unexpected torn = gathering;
    if (torn != null) {
      gathering = null;
      unexpected.remove(torn);
      waitingBytes -= torn.bytes + MESSAGE_BYTES;
      torn.drop();
    }
    Receive arriving = receiving;
    if (arriving != null) {
      receiving = null;
      arriving.end(failure);
    }
    for (Receive each = receives.first(); each != null; each = receives.first()) {
      receives.remove(each);
      each.end(failure);
    }
  }

  void close() {
    unexpected.forEach(Unexpected::drop);
    unexpected.clear();
  }
}
