package io.verbena.samples.interop;

import io.verbena.rdmacm.Connection;
import io.verbena.rdmacm.ConnectionListener;
import io.verbena.rdmacm.ConnectionManager;
import io.verbena.rdmacm.ConnectionRequest;
import io.verbena.rdmacm.Route;
import io.verbena.samples.Port;
import io.verbena.verbs.QueuePairType;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The twin of {@code rping}: the server reads the client's memory and writes it back to another
 * place, see {@code man rping}.
 */
@Command(name = "rping", description = "Like rping -s and rping -c, which can be the peer.")
public final class Rping implements Callable<Integer> {
  private static final int SEND_DEPTH = 16;
  private static final int RECEIVE_DEPTH = 2;

  /** The text that each message starts with has to fit. */
  private static final int SMALLEST = 26;

  private static final int LARGEST = 64 * 1024 - 1;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "-s", description = "Be the server, for one client.")
  private boolean server;

  @Option(names = "-c", description = "Be the client.")
  private boolean client;

  @Option(
      names = "-a",
      paramLabel = "ADDRESS",
      description = "The server's address; to listen, any by default.")
  private @Nullable String address;

  @Option(
      names = "-p",
      paramLabel = "PORT",
      converter = Port.class,
      description = "The server's port (default 7174).")
  private int port = 7174;

  @Option(names = "-S", paramLabel = "BYTES", description = "Size of the data (default 64).")
  private int size = 64;

  @Option(
      names = "-C",
      paramLabel = "COUNT",
      description = "How often (by default until it is stopped).")
  private int count;

  @Option(names = "-v", description = "Print the data.")
  private boolean verbose;

  @Option(names = "-V", description = "Check the data.")
  private boolean validate;

  /** Creates the command, for picocli. */
  public Rping() {}

  @Override
  public Integer call() throws IOException {
    require(server != client, "either -s or -c");
    require(size >= SMALLEST && size <= LARGEST, "-S is %d to %d".formatted(SMALLEST, LARGEST));
    require(count >= 0, "-C is at least 0");
    String host = address;
    if (server) {
      serve(host == null ? new InetSocketAddress(port) : new InetSocketAddress(host, port));
    } else if (host != null) {
      ask(new InetSocketAddress(host, port));
    } else {
      require(false, "-c needs -a ADDRESS");
    }
    return 0;
  }

  private void require(boolean condition, String rule) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), rule);
    }
  }

  private void ask(InetSocketAddress remote) throws IOException {
    try (ConnectionManager manager = ConnectionManager.open();
        Route route = manager.resolve(remote, Waiting.PATIENCE);
        Station station =
            new Station(route.context(), QueuePairType.RELIABLE, SEND_DEPTH, RECEIVE_DEPTH)) {
      RpingMessages messages = new RpingMessages(station);
      route.prepare(station.pair);
      messages.receive();
      try (Connection connection =
          route.connect(station.pair, Station.PARAMETERS, Waiting.PATIENCE)) {
        RpingClient pings = new RpingClient(station, messages, connection, size);
        for (int i = 0; count == 0 || i < count; i++) {
          pings.ping(i, validate);
          if (verbose) {
            System.out.println("ping data: " + pings.text());
          }
        }
      }
    }
  }

  private void serve(InetSocketAddress local) throws IOException {
    try (ConnectionManager manager = ConnectionManager.open();
        ConnectionListener listener = manager.listen(local);
        ConnectionRequest request = await(listener);
        Station station =
            new Station(request.context(), QueuePairType.RELIABLE, SEND_DEPTH, RECEIVE_DEPTH)) {
      RpingMessages messages = new RpingMessages(station);
      request.prepare(station.pair);
      messages.receive();
      try (Connection connection =
          request.accept(station.pair, Station.PARAMETERS, Waiting.PATIENCE)) {
        RpingServer pongs = new RpingServer(station, messages, connection, size);
        while (pongs.pong()) {
          if (verbose) {
            System.out.println("server ping data: " + pongs.text());
          }
        }
      }
    }
  }

  /** A server waits as long as it takes. */
  static ConnectionRequest await(ConnectionListener listener) throws IOException {
    while (true) {
      Optional<ConnectionRequest> request = listener.await(Duration.ofMinutes(1));
      if (request.isPresent()) {
        return request.get();
      }
    }
  }
}
