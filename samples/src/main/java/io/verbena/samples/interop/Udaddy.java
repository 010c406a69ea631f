package io.verbena.samples.interop;

import io.verbena.rdmacm.AddressOptions;
import io.verbena.rdmacm.Connection;
import io.verbena.rdmacm.ConnectionListener;
import io.verbena.rdmacm.ConnectionManager;
import io.verbena.rdmacm.ConnectionParameters;
import io.verbena.rdmacm.ConnectionRequest;
import io.verbena.rdmacm.DatagramPeer;
import io.verbena.rdmacm.PortSpace;
import io.verbena.rdmacm.Route;
import io.verbena.verbs.AddressHandle;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.SendBatch;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The twin of {@code udaddy}: the client finds the server's queue pair by address and port, and
 * they exchange datagrams; see {@code man udaddy}.
 */
@Command(name = "udaddy", description = "Like udaddy, which can be the peer.")
public final class Udaddy implements Callable<Integer> {
  /** The C program has no option for it. */
  private static final int PORT = 7174;

  private static final AddressOptions DATAGRAMS =
      AddressOptions.defaults().withPortSpace(PortSpace.UDP);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private final CmOptions options = new CmOptions();

  /** Creates the command, for picocli. */
  public Udaddy() {}

  /** One queue pair, its messages, and where they go. */
  private static final class Node {
    final Station station;
    final CmMessages messages;
    final int port;
    @Nullable DatagramPeer peer;

    Node(Context context, int port, CmOptions options) throws VerbsException {
      this.port = port;
      station = new Station(context, QueuePairType.DATAGRAM, options.depth(), options.depth());
      messages =
          new CmMessages(station, options.messages, Completions.ROUTE_HEADER_BYTES + options.size);
    }
  }

  @Override
  public Integer call() throws IOException {
    options.check(spec);
    String server = options.server;
    System.out.println("udaddy: starting " + (server == null ? "server" : "client"));
    try (ConnectionManager manager = ConnectionManager.open()) {
      if (server == null) {
        serve(manager);
      } else {
        ask(manager, new InetSocketAddress(server, PORT));
      }
    }
    System.out.println("test complete");
    System.out.println("return status 0");
    return 0;
  }

  private void serve(ConnectionManager manager) throws IOException {
    List<Node> nodes = new ArrayList<>();
    try (ConnectionListener listener =
        manager.listen(options.listenAddress(PORT), DATAGRAMS, options.connections)) {
      while (nodes.size() < options.connections) {
        ConnectionRequest request = Rping.await(listener);
        Node node = node(request.context(), request.port());
        request.prepare(node.station.pair);
        node.messages.receive();
        request.accept(node.station.pair, ConnectionParameters.defaults(), Waiting.PATIENCE);
        nodes.add(node);
      }
      if (options.messages > 0) {
        System.out.println("receiving data transfers");
        for (Node node : nodes) {
          node.messages.awaitReceived(done -> learnPeer(node, done));
        }
        System.out.println("sending replies");
        for (Node node : nodes) {
          send(node);
        }
        System.out.println("data transfers complete");
      }
    }
  }

  /** The client said its number in the immediate data; both have the same queue key. */
  private static void learnPeer(Node node, Completions done) throws IOException {
    if (node.peer == null) {
      node.peer =
          new DatagramPeer(
              done.sender(node.messages.region, 0, node.port),
              done.immediate(),
              node.station.pair.snapshot().queueKey());
    }
  }

  private void ask(ConnectionManager manager, InetSocketAddress remote) throws IOException {
    System.out.println("udaddy: connecting");
    List<Node> nodes = new ArrayList<>();
    while (nodes.size() < options.connections) {
      Route route = manager.resolve(remote, options.client(DATAGRAMS), Waiting.PATIENCE);
      Node node = node(route.context(), route.port());
      route.prepare(node.station.pair);
      node.messages.receive();
      Connection connection =
          route.connect(node.station.pair, ConnectionParameters.defaults(), Waiting.PATIENCE);
      node.peer = connection.datagramPeer().orElseThrow();
      nodes.add(node);
    }
    if (options.messages > 0) {
      System.out.println("initiating data transfers");
      for (Node node : nodes) {
        send(node);
      }
      System.out.println("receiving data transfers");
      for (Node node : nodes) {
        node.messages.awaitReceived(done -> {});
      }
      System.out.println("data transfers complete");
    }
  }

  private Node node(Context context, int port) throws VerbsException {
    int mtu = context.port(port).activeMtuBytes();
    if (options.size > mtu) {
      throw new ParameterException(spec.commandLine(), "-S is at most the port's MTU, " + mtu);
    }
    return new Node(context, port, options);
  }

  private void send(Node node) throws IOException {
    DatagramPeer peer = node.peer;
    if (peer == null) {
      throw new IllegalStateException("there is nobody to send to yet");
    }
    try (AddressHandle handle = node.station.domain.createAddressHandle(peer.path())) {
      SendBatch sends = node.station.pair.sends();
      for (int i = 0; i < options.messages; i++) {
        sends
            .to(handle, peer.queuePairNumber(), peer.queueKey())
            .signaled()
            .sendImmediate(i, node.messages.region, 0, options.size, node.station.pair.number());
      }
      sends.submit();
      node.messages.awaitSent();
    }
  }
}
