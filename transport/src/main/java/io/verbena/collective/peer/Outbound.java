package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.Endpoint;
import io.verbena.TransportException;
import java.util.ArrayDeque;

/** What one peer is sent, in the order in which the sends were started. */
final class Outbound {
  private final Peers peers;
  private final Queue<Send> waiting = new Queue<>();

  /**
   * All of it is the endpoint's, which still reads where it lies, or has not sent it yet: nobody
   * might move that on when the last send has ended.
   */
  private final Queue<Send> lent = new Queue<>();

  /** What this peer is to hear before what is sent to it next. */
  private final ArrayDeque<Notice> toTell = new ArrayDeque<>(0);

  private final int rank;
  private final Inbound in;

  Outbound(Peers peers, int rank, Inbound in) {
    this.peers = peers;
    this.rank = rank;
    this.in = in;
  }

  boolean isEmpty() {
    return waiting.isEmpty() && lent.isEmpty() && toTell.isEmpty();
  }

  void start(Send send) {
    send.sent = -1;
    send.begun = false;
    waiting.add(send);
  }

  /** Hands over what the endpoint takes, and ends what it has read. */
  void advance(Endpoint endpoint) throws TransportException {
    for (Send each = lent.first(); each != null && isSent(each); each = lent.first()) {
      lent.remove(each);
      each.end(null);
    }
    for (Send each = waiting.first(); each != null; each = waiting.first()) {
      if (!each.begun && !tellAll(endpoint)) {
        return;
      }
      try {
        if (!hand(endpoint, each)) {
          return;
        }
      } catch (RuntimeException e) {
        unusable(each, e);
        continue;
      }
      waiting.remove(each);
      if (isSent(each)) {
        each.end(null);
      } else {
        lent.add(each);
      }
    }
    tellAll(endpoint);
  }

  private boolean isSent(Send send) {
    // While others wait, whoever waits for them moves on what was before them, too.
    return send.lent.get() == 0 && (!waiting.isEmpty() || !in.hasUnsent());
  }

  /** Ends a send that cannot be sent; one that has begun takes the connection with it. */
  private void unusable(Send send, RuntimeException cause) throws TransportException {
    PeerFailure failure = PeerFailure.ofMemory(rank, cause);
    if (send.begun) {
      throw new IllegalStateException(failure.message(), cause);
    }
    waiting.remove(send);
    drop(send);
    send.end(failure);
  }

  private boolean tellAll(Endpoint endpoint) throws TransportException {
    for (Notice each = toTell.peek(); each != null; each = toTell.peek()) {
      ByteBuf words = peers.buffer(Envelope.BYTES);
      Envelope.write(words, each.kind(), each.context(), each.tag(), each.length());
      boolean taken = false;
      try {
        taken = endpoint.trySend(words);
      } finally {
        if (!taken) {
          words.release();
        }
      }
      if (!taken) {
        return false;
      }
      toTell.remove();
    }
    return true;
  }

  /** Whether all of it is the endpoint's now. */
  private boolean hand(Endpoint endpoint, Send send) throws TransportException {
    while (true) {
      ByteBuf next = send.refused;
      if (next == null) {
        if (send.isHandedOver()) {
          return true;
        }
        next = send.sent < 0 ? first(send) : part(send, send.sent);
      }
      // Kept before it is tried: if that throws it is released with the send.
      send.refused = next;
      if (!endpoint.trySend(next)) {
        return false;
      }
      send.refused = null;
      send.begun = true;
    }
  }

  private ByteBuf first(Send send) {
    boolean copied = send.length <= Envelope.COPIED_BYTES;
    int content = copied ? (int) send.length : 0;
    ByteBuf message = peers.buffer(Envelope.BYTES + content);
    send.refused = message;
    Envelope.write(message, Envelope.MESSAGE, send.context, send.tag, send.length);
    if (content > 0) {
      message.writeBytes(send.region.view(send.offset, content));
    }
    if (copied) {
      send.sent = content;
      return message;
    }
    ByteBuf part = part(send, 0);
    return Unpooled.wrappedBuffer(message, part);
  }

  private static ByteBuf part(Send send, long from) {
    int bytes = (int) Math.min(send.length - from, Envelope.CHUNK_BYTES);
    ByteBuf part = new LentByteBuf(send.region.slice(send.offset + from, bytes), send.lent);
    send.sent = from + bytes;
    return part;
  }

  /** The peer is to hear that. */
  void tell(Notice notice) {
    toTell.add(notice);
  }

  /** Whether it had not begun, so that nobody will hear of it. */
  boolean cancel(Send send) {
    if (send.begun || !waiting.remove(send)) {
      return false;
    }
    drop(send);
    return true;
  }

  /** Ends those that have not begun: no more is sent. */
  void close(PeerFailure failure) {
    Send next;
    for (Send each = waiting.first(); each != null; each = next) {
      next = waiting.after(each);
      if (cancel(each)) {
        each.end(failure);
      }
    }
  }

  void fail(PeerFailure failure) {
    for (Send each = lent.first(); each != null; each = lent.first()) {
      lent.remove(each);
      each.end(failure);
    }
    for (Send each = waiting.first(); each != null; each = waiting.first()) {
      waiting.remove(each);
      drop(each);
      each.end(failure);
    }
    toTell.clear();
  }

  private static void drop(Send send) {
    if (send.refused != null) {
      send.refused.release();
      send.refused = null;
      send.begun = true;
    }
  }
}
