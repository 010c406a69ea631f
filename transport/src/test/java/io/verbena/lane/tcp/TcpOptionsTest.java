package io.verbena.lane.tcp;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.junit.jupiter.api.Test;

class TcpOptionsTest {
  /** What Linux makes of 512 KiB, where it is not configured to give less. */
  private static final int MOST_BYTES = 1 << 20;

  @Test
  void shouldKeepLittleInTheSocketsOfOneMachine() throws IOException {
    check("127.0.0.1");
  }

  @Test
  void shouldKeepLittleBetweenTwoAddressesOfTheLoopbackNetwork() throws IOException {
    check("127.0.0.2");
  }

  private static void check(String from) throws IOException {
    try (var server = ServerSocketChannel.open();
        var client = SocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
      client.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
      client.connect(server.getLocalAddress());
      try (SocketChannel accepted = server.accept()) {
        int byItself = sendBytes(client);
        assertTrue(byItself > MOST_BYTES, "Linux gives less by itself: " + byItself);

        for (SocketChannel each : List.of(client, accepted)) {
          TcpOptions.set(each);
          assertTrue(sendBytes(each) <= MOST_BYTES, "bytes: " + sendBytes(each));
          assertTrue(each.getOption(StandardSocketOptions.TCP_NODELAY));
        }
      }
    }
  }

  private static int sendBytes(SocketChannel channel) throws IOException {
    return channel.getOption(StandardSocketOptions.SO_SNDBUF);
  }
}
