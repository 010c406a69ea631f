package io.verbena.benchmarks;

import io.verbena.Endpoint;
import io.verbena.Listener;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** Makes connections of which both ends are in this process, and keeps them until it is closed. */
interface ConnectionMaker extends AutoCloseable {
  /** Makes one more. */
  void make() throws IOException;

  @Override
  void close() throws IOException;

  /** Endpoints of a transport: its thread moves their data. */
  final class Endpoints implements ConnectionMaker {
    private final Transport transport;
    private final Listener listener;
    private final List<Endpoint> ends = new ArrayList<>();

    Endpoints(RdmaMode rdma) throws IOException {
      transport = Transport.open(TransportConfig.defaults().withRdma(rdma));
      listener = transport.listen(anyPort());
    }

    @Override
    public void make() throws IOException {
      ends.add(transport.connect(listener.address()));
      ends.add(listener.accept());
    }

    @Override
    public void close() {
      transport.close();
    }
  }

  /** Bare sockets, that nobody looks after. */
  final class Sockets implements ConnectionMaker {
    private final ServerSocketChannel server = ServerSocketChannel.open().bind(anyPort());
    private final List<SocketChannel> ends = new ArrayList<>();

    Sockets() throws IOException {}

    @Override
    public void make() throws IOException {
      ends.add(SocketChannel.open(server.getLocalAddress()));
      ends.add(server.accept());
    }

    @Override
    public void close() throws IOException {
      server.close();
      for (SocketChannel each : ends) {
        each.close();
      }
    }
  }

  /** Bare queue pairs with one completion queue, that know of each other without asking. */
  final class QueuePairs implements ConnectionMaker {
    private static final int COMPLETIONS = 1024;

    private final RdmaPort port = RdmaPort.find();
    private final Context context = Device.named(port.device()).open();
    private final ProtectionDomain domain = context.createDomain();
    private final CompletionQueue queue = context.createCompletionQueue(COMPLETIONS);
    private final List<QueuePair> ends = new ArrayList<>();

    QueuePairs() throws IOException {}

    @Override
    public void make() throws IOException {
      QueuePair one = domain.createQueuePair(QueuePairConfig.reliable(queue));
      QueuePair other = domain.createQueuePair(QueuePairConfig.reliable(queue));
      one.connect(other.address(port.number(), port.gidIndex()));
      other.connect(one.address(port.number(), port.gidIndex()));
      ends.add(one);
      ends.add(other);
    }

    @Override
    public void close() {
      context.close();
    }
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }
}
