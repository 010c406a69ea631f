package io.verbena;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A peer that does the handshake as it should, offers no RDMA, and then does what a test wants. */
final class RawPeer implements AutoCloseable {
  /** One-sided operations that it says it lets us have under way. */
  static final int DEPTH = 100;

  /** Frames that we may send it. */
  static final int WINDOW = 32;

  private final SocketChannel channel;

  private RawPeer(SocketChannel channel) {
    this.channel = channel;
  }

  static RawPeer connect(InetSocketAddress address) throws IOException {
    return connect(address, 0);
  }

  /**
   * Connects to a listener.
   *
   * @param keepaliveMillis what it says in its hello
   */
  static RawPeer connect(InetSocketAddress address, int keepaliveMillis) throws IOException {
    SocketChannel channel = SocketChannel.open(address);
    var messages = new HandshakeChannel(channel, System.nanoTime() + TimeUnit.SECONDS.toNanos(10));
    var hello =
        new Hello(
            Hello.VERSION,
            Hello.VERSION,
            UUID.randomUUID(),
            UUID.randomUUID(),
            1 << 20,
            WINDOW,
            WINDOW,
            DEPTH,
            keepaliveMillis,
            1000,
            List.of(),
            "the test has none");
    messages.write(hello.encode());
    messages.readHello();
    messages.writeVerdict("");
    messages.readVerdict();
    return new RawPeer(channel);
  }

  boolean isConnected() {
    return channel.isConnected();
  }

  void write(byte[] bytes) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    while (rest.hasRemaining()) {
      channel.write(rest);
    }
  }

  /** As many bytes as are wanted; waits for them. */
  ByteBuffer read(int bytes) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(bytes);
    while (into.hasRemaining()) {
      if (channel.read(into) < 0) {
        throw new EOFException("the connection has ended");
      }
    }
    return into.flip();
  }

  /** As if its process had ended. */
  void hangUp() throws IOException {
    channel.close();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
