package io.verbena;

import io.verbena.lane.rdma.RdmaAdapters;
import io.verbena.lane.rdma.RdmaPins;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What {@link LockedMemoryTest} runs with little more locked memory than one adapter takes. Its
 * arguments are two devices, each with the address of its network interface.
 */
final class TwoAdaptersProgram {
  /** A slab for messages and the first group of lanes take 5.1 MiB. */
  static final long LIMIT = 6 << 20;

  /** What is known of adapters is a second old at most. */
  private static final long REFRESHED_MILLIS = 1500;

  private TwoAdaptersProgram() {}

  public static void main(String... arguments) throws Exception {
    String used = firstOfAdapters();
    System.out.println("used: " + used);
    boolean inOrder = used.equals(arguments[0]);
    try (Transport transport = Transport.open(EndpointPair.PATIENT);
        Listener listener = transport.listen(new InetSocketAddress(0))) {
      System.out.println("unavailable: " + transport.rdmaUnavailable().orElse(""));
      String other = arguments[inOrder ? 3 : 1];
      print("used", transport, listener, arguments[inOrder ? 1 : 3]);
      print("refused", transport, listener, other);
      Thread.sleep(REFRESHED_MILLIS);
      print("left out", transport, listener, other);
    }
  }

  private static String firstOfAdapters() throws IOException {
    var none = OptionalInt.empty();
    try (var adapters = RdmaAdapters.open(new RdmaPins(Optional.empty(), none, none, none))) {
      return adapters.all().getFirst().device();
    }
  }

  private static void print(String when, Transport transport, Listener listener, String address)
      throws IOException {
    var to = new InetSocketAddress(address, listener.address().getPort());
    try (Endpoint client = transport.connect(to);
        Endpoint server = listener.accept()) {
      client.send(EndpointPair.number(1));
      server.receive().release();
      System.out.println("link " + when + ": " + client.linkReport());
    }
  }
}
