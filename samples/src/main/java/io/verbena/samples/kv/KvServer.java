package io.verbena.samples.kv;

import io.verbena.Endpoint;
import io.verbena.Listener;
import io.verbena.Transport;
import io.verbena.TransportException;
import io.verbena.samples.LinkOptions;
import io.verbena.samples.Port;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The server: a virtual thread for each client, so that one that does not take its answers holds up
 * nobody else.
 */
@Command(name = "kv-server", description = "Keep values for kv, until Ctrl-C.")
public final class KvServer implements Callable<Integer> {
  private static final Duration FOREVER = Duration.ofDays(10_000);
  private static final long MEBIBYTE = 1 << 20;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private LinkOptions link = new LinkOptions();

  @Parameters(
      paramLabel = "PORT",
      description = "Where to listen; 0 for any free port.",
      converter = Port.class)
  private int port;

  @Option(
      names = "--places",
      paramLabel = "COUNT",
      description =
          "Values of up to 496 bytes, with the key, that clients can read by themselves"
              + " (default 4096); each takes 512 bytes, registered once for each client.")
  private int places = 4096;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description = "How much to keep altogether (default 64).")
  private long mebibytes = 64;

  /** Creates the command, for picocli. */
  public KvServer() {}

  /**
   * Serves until the process is ended.
   *
   * @return never
   * @throws IOException if the port is taken or there is no memory
   */
  @Override
  public Integer call() throws IOException {
    require(places >= 1 && places <= 1 << 22, "--places is 1 to " + (1 << 22));
    require(mebibytes >= 1 && mebibytes <= 1 << 20, "--memory is 1 to " + (1 << 20));
    try (Transport transport =
            Transport.open(link.config().withMaxMessageBytes(Protocol.MOST_BYTES));
        Listener listener = transport.listen(new InetSocketAddress(port))) {
      var store = new Store(transport.allocate((long) places * Slot.BYTES), mebibytes * MEBIBYTE);
      System.out.println("listening on port " + listener.address().getPort());
      serve(transport, listener, store);
    }
    return 0;
  }

  private void require(boolean condition, String rule) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), rule);
    }
  }

  /** Ends with an exception when the listener is closed. */
  static void serve(Transport transport, Listener listener, Store store) throws TransportException {
    while (true) {
      Endpoint client = listener.accept(FOREVER);
      Thread.startVirtualThread(() -> serve(client, transport, store));
    }
  }

  private static void serve(Endpoint client, Transport transport, Store store) {
    System.out.println(client.remoteAddress() + ": " + client.link());
    String end;
    try (client) {
      new Session(client, transport.allocator(), store).run();
      end = "done";
    } catch (IOException | RuntimeException e) {
      end = e instanceof TransportException cause ? Session.text(cause) : e.toString();
    }
    System.out.println(client.remoteAddress() + ": " + end);
  }
}
