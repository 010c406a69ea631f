package io.verbena.rdmacm;

import io.verbena.verbs.WorkStatus;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Connects to itself over the device of an address and waits until that is removed; says how far it
 * is, and lets go of the device when it is told to. A process of its own: librdmacm keeps each
 * device that it has used open until its process ends, and the kernel waits for that.
 */
final class RemovalProgram {
  private RemovalProgram() {}

  /**
   * Runs to its end.
   *
   * @param args the address
   */
  public static void main(String... args) throws Exception {
    InetSocketAddress local = new InetSocketAddress(InetAddress.ofLiteral(args[0]), 0);
    try (ConnectionManager manager = ConnectionManager.open();
        ConnectionListener listener = manager.listen(local);
        Route route = manager.resolve(listener.localAddress(), Side.PATIENCE);
        Side left = new Side(route.context());
        Side right = new Side(route.context())) {
      String device = route.device().name();
      CompletableFuture<Connection> accepting =
          CmFixture.start(
              () -> {
                ConnectionRequest request = listener.await(Side.PATIENCE).orElseThrow();
                request.prepare(right.pair);
                right.expect();
                return request.accept(right.pair, ConnectionParameters.defaults(), Side.PATIENCE);
              });
      Connection client = route.connect(left.pair, ConnectionParameters.defaults(), Side.PATIENCE);
      Connection server = accepting.get();
      left.send("hello");
      right.receive();
      left.expect();
      System.out.println("connected over " + device);

      Set<CommunicationIdentifier> told = new HashSet<>();
      while (told.size() < 3) {
        if (manager.await(Side.PATIENCE).orElseThrow()
            instanceof ConnectionEvent.DeviceRemoved(CommunicationIdentifier source)) {
          told.add(source);
        }
      }
      System.out.println("told all: " + told.equals(Set.of(listener, client, server)));
      System.out.println(client.state() + " " + server.state() + " " + left.pair.state());
      System.out.println("flushed: " + (left.next().status() == WorkStatus.FLUSHED));
      System.in.read();
    }
    System.out.println("closed all");
  }
}
