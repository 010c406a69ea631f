package io.verbena.samples.pubsub;

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

/** Hands what is published to all who have subscribed. {@link Outlet} says what slow ones get. */
@Command(name = "broker", description = "Hand messages of publish to subscribe, until Ctrl-C.")
public final class Broker implements Callable<Integer> {
  private static final Duration FOREVER = Duration.ofDays(10_000);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private LinkOptions link = new LinkOptions();

  @Parameters(
      paramLabel = "PORT",
      description = "Where to listen; 0 for any free port.",
      converter = Port.class)
  private int port;

  @Option(
      names = "--queue",
      paramLabel = "COUNT",
      description =
          "How many messages wait for a subscriber before it misses the oldest (default 1024),"
              + " or 16 KiB for each.")
  private int queue = 1024;

  /** Creates the command, for picocli. */
  public Broker() {}

  @Override
  public Integer call() throws IOException {
    if (queue < 1 || queue > 1_000_000) {
      throw new ParameterException(spec.commandLine(), "--queue is 1 to 1000000");
    }
    try (Transport transport =
            Transport.open(link.config().withMaxMessageBytes(Protocol.MOST_BYTES));
        Listener listener = transport.listen(new InetSocketAddress(port))) {
      System.out.println("listening on port " + listener.address().getPort());
      serve(transport, listener, queue);
    }
    return 0;
  }

  /** Ends with an exception when the listener is closed. */
  static void serve(Transport transport, Listener listener, int queue) throws TransportException {
    var topics = new Topics();
    while (true) {
      Endpoint client = listener.accept(FOREVER);
      System.out.println(client.remoteAddress() + ": " + client.link());
      client.handle(new Client(topics, transport.allocator(), queue));
    }
  }
}
