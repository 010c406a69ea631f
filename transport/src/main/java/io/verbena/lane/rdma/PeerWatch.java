package io.verbena.lane.rdma;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * The TCP connection beside a queue pair. Verbs alone do not tell that the peer's process has ended
 * before a send times out; the connection's end says it at once.
 */
final class PeerWatch {
  private final SocketChannel channel;
  private final ByteBuffer scratch;
  private boolean ended;
  private boolean talked;

  /**
   * @param scratch where bytes go that must not come
   */
  PeerWatch(SocketChannel channel, ByteBuffer scratch) {
    this.channel = channel;
    this.scratch = scratch;
  }

  /** Lets a selector say when there may be news; the connection no longer blocks. */
  void watch(Selector selector, RdmaLane lane) {
    try {
      channel.register(selector, SelectionKey.OP_READ, lane);
    } catch (ClosedChannelException e) {
      ended = true;
    }
  }

  /** Whether the peer has ended its side of the connection, orderly or not. */
  boolean ended() {
    if (!ended) {
      try {
        scratch.clear();
        int count = channel.read(scratch);
        ended = count < 0;
        talked |= count > 0;
      } catch (IOException e) {
        ended = true;
      }
    }
    return ended;
  }

  /** Whether there were bytes: everything goes over the queue pair. */
  boolean hasTalked() {
    return talked;
  }

  /** Whether this side has not closed the connection. */
  boolean isOpen() {
    return channel.isOpen();
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
