package io.verbena.rdmacm;

import io.verbena.RdmaDevice;
import io.verbena.verbs.Context;
import io.verbena.verbs.Gid;
import io.verbena.verbs.GidEntry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** A manager for each side, and the addresses of the device that tests use. */
final class CmFixture implements AutoCloseable {
  interface Task<T> {
    T run() throws Exception;
  }

  final ConnectionManager active = ConnectionManager.open();
  final ConnectionManager passive = ConnectionManager.open();

  CmFixture() throws IOException {}

  /** The IPv4 address that the device belongs to, with a port; 0 is any. */
  static InetSocketAddress address(int port) throws IOException {
    return new InetSocketAddress(address(Gid::isIpv4Mapped), port);
  }

  static InetAddress address(Predicate<Gid> wanted) throws IOException {
    try (Context context = RdmaDevice.find().open()) {
      for (int port = 1; port <= context.portCount(); port++) {
        for (GidEntry entry : context.gids(port)) {
          if (wanted.test(entry.gid())) {
            return entry.gid().inetAddress();
          }
        }
      }
      throw new IOException(context.device().name() + " has no such address");
    }
  }

  /** Listens on any port of the device's address. */
  ConnectionListener listen() throws IOException {
    return passive.listen(address(0));
  }

  Route resolve(ConnectionListener listener) throws IOException {
    return active.resolve(listener.localAddress(), Side.PATIENCE);
  }

  /** Both ends of a connection, made with the default parameters. */
  record Ends(Connection client, Connection server) {}

  Ends connect(ConnectionListener listener, Side left, Side right) throws Exception {
    CompletableFuture<Connection> accepting =
        start(
            () ->
                listener
                    .await(Side.PATIENCE)
                    .orElseThrow()
                    .accept(right.pair, ConnectionParameters.defaults(), Side.PATIENCE));
    Connection client =
        resolve(listener).connect(left.pair, ConnectionParameters.defaults(), Side.PATIENCE);
    return new Ends(client, accepting.get());
  }

  Side left() throws IOException {
    return new Side(active.context(RdmaDevice.find()));
  }

  Side right() throws IOException {
    return new Side(passive.context(RdmaDevice.find()));
  }

  static <T> CompletableFuture<T> start(Task<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                result.complete(task.run());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  @Override
  public void close() {
    active.close();
    passive.close();
  }
}
