package io.verbena.lane.rdma;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * The TCP connection beside a queue pair. Verbs alone do not tell that the peer's process has ended
 * before a send times out; the connection's end says it at once.
 */
final class PeerWatch {
  private final SocketChannel channel;
  private final ByteBuffer scratch = ByteBuffer.allocateDirect(64);
  private boolean ended;

  PeerWatch(SocketChannel channel) {
    this.channel = channel;
  }

  /** Whether the peer has ended its side of the connection, orderly or not. */
  boolean ended() {
    if (!ended) {
      try {
        scratch.clear();
        ended = channel.read(scratch) < 0;
      } catch (IOException e) {
        ended = true;
      }
    }
    return ended;
  }

  void shutdownOutput() {
    try {
      channel.shutdownOutput();
    } catch (IOException e) {
      ended = true;
    }
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is gone either way.
      ended = true;
    }
  }
}
