package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;

/** What a process sends to itself, which needs no connection. */
final class Itself {
  private final Peers peers;

  Itself(Peers peers) {
    this.peers = peers;
  }

  /** Sends a message, which ends at once. */
  void send(Inbound in, Send send) {
    PeerFailure failure = null;
    try {
      long sent = Math.min(send.length, Envelope.CHUNK_BYTES);
      ByteBuf first = peers.buffer(Envelope.BYTES + (int) sent);
      Envelope.write(first, Envelope.MESSAGE, send.context, send.tag, send.length);
      in.arrived(filled(first, send, 0));
      while (sent < send.length) {
        int bytes = (int) Math.min(send.length - sent, Envelope.CHUNK_BYTES);
        in.arrived(filled(peers.buffer(bytes), send, sent));
        sent += bytes;
      }
    } catch (RuntimeException e) {
      failure = PeerFailure.ofMemory(peers.rank(), e);
      in.tear(failure);
    }
    send.end(failure);
  }

  private static ByteBuf filled(ByteBuf message, Send send, long from) {
    try {
      return message.isWritable()
          ? message.writeBytes(send.region.view(send.offset + from, message.writableBytes()))
          : message;
    } catch (RuntimeException e) {
      message.release();
      throw e;
    }
  }
}
