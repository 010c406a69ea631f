package io.verbena.samples;

import io.verbena.samples.files.ReceiveFile;
import io.verbena.samples.files.SendFile;
import io.verbena.samples.interop.RcPingpong;
import io.verbena.samples.interop.Rping;
import io.verbena.samples.interop.SrqPingpong;
import io.verbena.samples.interop.UcPingpong;
import io.verbena.samples.interop.Ucmatose;
import io.verbena.samples.interop.UdPingpong;
import io.verbena.samples.interop.Udaddy;
import io.verbena.samples.kv.Kv;
import io.verbena.samples.kv.KvServer;
import io.verbena.samples.parallel.Gradients;
import io.verbena.samples.parallel.Heat;
import io.verbena.samples.parallel.KMeans;
import io.verbena.samples.parallel.MatrixMultiply;
import io.verbena.samples.parallel.SampleSort;
import io.verbena.samples.pubsub.Broker;
import io.verbena.samples.pubsub.Publish;
import io.verbena.samples.pubsub.Subscribe;
import java.io.IOException;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs the programs of the README: checks their arguments, the programs need not. */
@Command(
    name = "sample",
    description = "Run a program of the README; without a name, list them.",
    subcommands = {
      KvServer.class,
      Kv.class,
      ReceiveFile.class,
      SendFile.class,
      Broker.class,
      Publish.class,
      Subscribe.class,
      Heat.class,
      Gradients.class,
      KMeans.class,
      MatrixMultiply.class,
      SampleSort.class,
      RcPingpong.class,
      UcPingpong.class,
      UdPingpong.class,
      SrqPingpong.class,
      Rping.class,
      Ucmatose.class,
      Udaddy.class
    })
public final class SampleCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Creates the command, for picocli. */
  public SampleCommand() {}

  /**
   * Which samples there are.
   *
   * @return what may follow {@code ./verbena sample}
   */
  public static Set<String> names() {
    return new CommandLine(new SampleCommand()).getSubcommands().keySet();
  }

  /** Lists the samples, a line each. */
  @Override
  public void run() {
    System.out.println("Samples, to be run with ./verbena sample NAME:");
    spec.subcommands().values().stream()
        .map(CommandLine::getCommandSpec)
        .forEach(
            sample ->
                System.out.println(
                    "  %-31s %s"
                        .formatted(
                            sample.name() + parameters(sample),
                            String.join(" ", sample.usageMessage().description()))));
  }

  private static String parameters(CommandSpec sample) {
    return sample.positionalParameters().stream()
        .map(SampleCommand::label)
        .collect(Collectors.joining());
  }

  private static String label(PositionalParamSpec parameter) {
    return (parameter.required() ? " %s" : " [%s]").formatted(parameter.paramLabel());
  }

  @Command(name = "hello", description = "Send a message: the shortest program.")
  void hello() throws IOException {
    Hello.main();
  }

  @Command(name = "one-sided", description = "Write, read and count in a peer's memory.")
  void oneSided() throws IOException {
    OneSided.main();
  }

  @Command(name = "echo-server", description = "Send messages back, until Ctrl-C.")
  void echoServer(
      @Parameters(
              paramLabel = "PORT",
              description = "Where to listen; 0 for any free port.",
              converter = Port.class)
          int port)
      throws IOException {
    EchoServer.main(String.valueOf(port));
  }

  @Command(name = "echo-handler", description = "The same by a handler, without threads.")
  void echoHandler(
      @Parameters(
              paramLabel = "PORT",
              description = "Where to listen; 0 for any free port.",
              converter = Port.class)
          int port)
      throws IOException {
    EchoHandler.main(String.valueOf(port));
  }

  @Command(name = "echo-client", description = "Have a message sent back; say which link.")
  void echoClient(
      @Parameters(paramLabel = "HOST", description = "Where an echo-server runs.") String host,
      @Parameters(paramLabel = "PORT", description = "Its port.", converter = Port.class) int port,
      @Parameters(
              paramLabel = "TEXT",
              arity = "0..1",
              defaultValue = "hello",
              description = "The message.")
          String text)
      throws IOException {
    EchoClient.main(host, String.valueOf(port), text);
  }

  @Command(name = "transport-tour", description = "What else a transport can do.")
  void transportTour() throws IOException, InterruptedException {
    TransportTour.main();
  }

  @Command(name = "memory-tour", description = "What memory an adapter reaches, and how.")
  void memoryTour(
      @Parameters(
              paramLabel = "DEVICE",
              arity = "0..1",
              description = "Its name; without it the tour does without.")
          @Nullable String device)
      throws IOException {
    if (device == null) {
      MemoryTour.main();
    } else {
      MemoryTour.main(device(device));
    }
  }

  @Command(name = "verbs-write", description = "Raw verbs: let the adapter write.")
  void verbsWrite(
      @Parameters(
              paramLabel = "DEVICE",
              arity = "0..1",
              description = "Its name; without it VERBENA_DEVICE, or the only one.")
          @Nullable String device)
      throws IOException {
    VerbsWrite.main(device(device));
  }

  @Command(
      name = "first-write",
      description = "Raw verbs: write to another process; without HOST, wait for it.")
  void firstWrite(
      @Parameters(
              paramLabel = "PORT",
              description = "A TCP port to meet on; 0 for any free one.",
              converter = Port.class)
          int port,
      @Parameters(paramLabel = "HOST", arity = "0..1", description = "Where the other one waits.")
          @Nullable String host)
      throws IOException {
    String device = device(null);
    if (host == null) {
      FirstWrite.main(device, String.valueOf(port));
    } else {
      FirstWrite.main(device, host, String.valueOf(port));
    }
  }

  @Command(name = "verbs-tour", description = "Raw verbs: what else they can do.")
  void verbsTour(
      @Parameters(
              paramLabel = "DEVICE",
              arity = "0..1",
              description = "Its name; without it VERBENA_DEVICE, or the only one.")
          @Nullable String device)
      throws IOException {
    VerbsTour.main(device(device));
  }

  /** The name of a device that there is. */
  private String device(@Nullable String wanted) throws Complaints.NoRdma {
    return Devices.find(spec.commandLine(), wanted).name();
  }
}
