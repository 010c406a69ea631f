package io.verbena;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;

/** The addresses of an endpoint's TCP connection, by which logs and events tell it from others. */
record Ends(InetSocketAddress local, InetSocketAddress remote) {
  static Ends of(SocketChannel channel) throws IOException {
    return new Ends(
        (InetSocketAddress) channel.getLocalAddress(),
        (InetSocketAddress) channel.getRemoteAddress());
  }

  @Override
  public String toString() {
    return local + " - " + remote;
  }
}
