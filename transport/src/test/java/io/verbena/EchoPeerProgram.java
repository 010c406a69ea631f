package io.verbena;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** The other end of endpoints, on a host of its own: sends back what it receives. */
final class EchoPeerProgram {
  private EchoPeerProgram() {}

  /**
   * Serves until it is killed.
   *
   * @param args the port to listen on
   */
  public static void main(String... args) throws IOException {
    // A probe that fails is to fail soon: both sides wait for the shorter time.
    try (Transport transport = Transport.open(EndpointPair.PATIENT);
        Listener listener = transport.listen(new InetSocketAddress(Integer.parseInt(args[0])))) {
      while (true) {
        Endpoint endpoint = listener.accept(Duration.ofDays(1));
        Thread.ofPlatform().start(() -> serve(endpoint));
      }
    }
  }

  private static void serve(Endpoint endpoint) {
    try (endpoint) {
      while (true) {
        ByteBuf message = endpoint.receive();
        endpoint.send(message);
      }
    } catch (TransportException e) {
      // The test is over, or has more to say about it.
      System.err.println("peer: " + e.getMessage());
    }
  }
}
