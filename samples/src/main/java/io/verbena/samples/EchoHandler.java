package io.verbena.samples;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.Listener;
import io.verbena.MessageHandler;
import io.verbena.Transport;
import io.verbena.TransportException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Sends every message back, like {@link EchoServer}, but without a thread for each peer. */
public final class EchoHandler {
  private static final Duration FOREVER = Duration.ofDays(10_000);

  private EchoHandler() {}

  /**
   * Serves until the process is ended.
   *
   * @param args the port to listen on, 0 for any free one
   * @throws IOException if the port is taken
   */
  public static void main(String... args) throws IOException {
    try (Transport transport = Transport.open();
        Listener listener = transport.listen(new InetSocketAddress(Integer.parseInt(args[0])))) {
      System.out.println("listening on port " + listener.address().getPort());
      while (true) {
        // snippet accept-handler
        Endpoint peer = listener.accept(FOREVER);
        peer.handle(new Echo());
        // end
      }
    }
  }

  // snippet handler
  private static final class Echo implements MessageHandler {
    @Override
    public void message(Endpoint from, ByteBuf message) throws TransportException {
      boolean sent = false;
      try {
        sent = from.trySend(message); // a handler must not wait: others wait for its thread
      } finally {
        if (!sent) {
          message.release();
          from.reset(); // it has too much under way
        }
      }
    }

    @Override
    public void ended(Endpoint endpoint, TransportException cause) {
      System.out.println(endpoint.remoteAddress() + ": " + cause.getMessage());
      endpoint.close();
    }
  }
  // end
}
