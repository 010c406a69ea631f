package io.verbena.benchmarks;

import io.verbena.Listener;
import io.verbena.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * The other process of a ping-pong. Says its two ports on standard output and waits for both
 * clients. Then each line of standard input, a side's name, makes it echo a round of that side's
 * messages, and answer {@code done} when it has. In between it sleeps, so that the side that is not
 * being measured takes no processor time.
 */
final class EchoServer {
  static final String OURS = "ours";
  static final String THEIRS = "theirs";
  static final String DONE = "done";

  private EchoServer() {}

  /** Runs until standard input ends. */
  @SuppressWarnings("SystemOut")
  public static void main(String... arguments) throws IOException {
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (Transport transport = VerbenaPingPong.openTransport();
        Listener listener = transport.listen(loopback);
        ServerSocketChannel server = ServerSocketChannel.open().bind(loopback)) {
      int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
      System.out.println(listener.address().getPort() + " " + port);
      try (PingPong ours = new VerbenaPingPong(transport, listener.accept());
          PingPong theirs = new NioPingPong(server.accept())) {
        serve(ours, theirs);
      }
    }
  }

  private static void serve(PingPong ours, PingPong theirs) throws IOException {
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      PingPong side = order.equals(OURS) ? ours : theirs;
      side.echo();
      System.out.println(DONE);
    }
  }
}
