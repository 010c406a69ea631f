package io.verbena.samples.interop;

import io.verbena.rdmacm.AddressOptions;
import io.verbena.rdmacm.Connection;
import io.verbena.rdmacm.ConnectionListener;
import io.verbena.rdmacm.ConnectionManager;
import io.verbena.rdmacm.ConnectionRequest;
import io.verbena.rdmacm.Route;
import io.verbena.samples.Port;
import io.verbena.verbs.Context;
import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.SendBatch;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The twin of {@code ucmatose}: connections on which the server sends messages, the client answers
 * with as many, and the server disconnects; see {@code man ucmatose}.
 */
@Command(name = "ucmatose", description = "Like ucmatose, which can be the peer.")
public final class Ucmatose implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private final CmOptions options = new CmOptions();

  @Option(
      names = "-p",
      paramLabel = "PORT",
      converter = Port.class,
      description = "The server's port (default 7471).")
  private int port = 7471;

  /** Creates the command, for picocli. */
  public Ucmatose() {}

  /** One connection and its messages. */
  private record Node(Station station, CmMessages messages, Connection connection) {}

  @Override
  public Integer call() throws IOException {
    options.check(spec);
    String server = options.server;
    System.out.println("cmatose: starting " + (server == null ? "server" : "client"));
    try (ConnectionManager manager = ConnectionManager.open()) {
      if (server == null) {
        serve(manager);
      } else {
        ask(manager, new InetSocketAddress(server, port));
      }
    }
    System.out.println("test complete");
    System.out.println("return status 0");
    return 0;
  }

  private void serve(ConnectionManager manager) throws IOException {
    List<Node> nodes = new ArrayList<>();
    try (ConnectionListener listener = manager.listen(options.listenAddress(port))) {
      while (nodes.size() < options.connections) {
        ConnectionRequest request = Rping.await(listener);
        Station station = station(request.context());
        CmMessages messages = new CmMessages(station, options.messages, options.size);
        request.prepare(station.pair);
        messages.receive();
        nodes.add(
            new Node(
                station,
                messages,
                request.accept(station.pair, Station.PARAMETERS, Waiting.PATIENCE)));
      }
      if (options.messages > 0) {
        System.out.println("initiating data transfers");
        send(nodes);
        System.out.println("completing sends");
        for (Node node : nodes) {
          node.messages.awaitSent();
        }
        receive(nodes);
        System.out.println("data transfers complete");
      }
      System.out.println("cmatose: disconnecting");
      for (Node node : nodes) {
        node.connection.disconnect();
      }
      awaitDisconnect(nodes);
      System.out.println("disconnected");
    }
  }

  private void ask(ConnectionManager manager, InetSocketAddress remote) throws IOException {
    System.out.println("cmatose: connecting");
    List<Node> nodes = new ArrayList<>();
    while (nodes.size() < options.connections) {
      Route route =
          manager.resolve(remote, options.client(AddressOptions.defaults()), Waiting.PATIENCE);
      Station station = station(route.context());
      CmMessages messages = new CmMessages(station, options.messages, options.size);
      route.prepare(station.pair);
      messages.receive();
      nodes.add(
          new Node(
              station,
              messages,
              route.connect(station.pair, Station.PARAMETERS, Waiting.PATIENCE)));
    }
    if (options.messages > 0) {
      receive(nodes);
      System.out.println("sending replies");
      send(nodes);
      for (Node node : nodes) {
        node.messages.awaitSent();
      }
      System.out.println("data transfers complete");
    }
    awaitDisconnect(nodes);
  }

  private Station station(Context context) throws VerbsException {
    return new Station(context, QueuePairType.RELIABLE, options.depth(), options.depth());
  }

  private void send(List<Node> nodes) throws IOException {
    for (Node node : nodes) {
      SendBatch sends = node.station.pair.sends();
      for (int i = 0; i < options.messages; i++) {
        sends.signaled().send(i, node.messages.region, 0, options.size);
      }
      sends.submit();
    }
  }

  private void receive(List<Node> nodes) throws IOException {
    System.out.println("receiving data transfers");
    for (Node node : nodes) {
      node.messages.awaitReceived(
          done -> {
            if (done.byteCount() != options.size) {
              throw new IOException(
                  "a message has %d bytes, not %d".formatted(done.byteCount(), options.size));
            }
          });
    }
  }

  private static void awaitDisconnect(List<Node> nodes) throws IOException {
    for (Node node : nodes) {
      if (!node.connection.awaitDisconnect(Waiting.PATIENCE)) {
        throw new IOException("the peer does not disconnect");
      }
    }
  }
}
