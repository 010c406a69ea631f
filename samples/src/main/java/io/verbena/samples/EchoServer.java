package io.verbena.samples;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.Listener;
import io.verbena.Transport;
import io.verbena.TransportException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Sends every message back to where it came from, each peer on a virtual thread of its own. */
public final class EchoServer {
  private static final Duration FOREVER = Duration.ofDays(10_000);

  private EchoServer() {}

  /**
   * Serves until the process is ended.
   *
   * @param args the port to listen on, 0 for any free one
   * @throws IOException if the port is taken
   */
  // snippet server
  public static void main(String... args) throws IOException {
    var address = new InetSocketAddress(Integer.parseInt(args[0]));
    try (Transport transport = Transport.open();
        Listener listener = transport.listen(address)) {
      System.out.println("listening on port " + listener.address().getPort());
      while (true) {
        Endpoint peer = listener.accept(FOREVER);
        Thread.startVirtualThread(() -> serve(peer));
      }
    }
  }

  private static void serve(Endpoint peer) {
    try (peer) {
      System.out.println(peer.remoteAddress() + ": " + peer.link());
      while (true) {
        ByteBuf message = peer.receive(FOREVER);
        try {
          peer.send(message);
        } catch (TransportException | RuntimeException e) {
          message.release(); // only a send that succeeds takes the message
          throw e;
        }
      }
    } catch (TransportException | RuntimeException e) {
      System.out.println(peer.remoteAddress() + ": " + e.getMessage());
    }
  }
  // end
}
