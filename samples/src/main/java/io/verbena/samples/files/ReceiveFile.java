package io.verbena.samples.files;

import io.verbena.Endpoint;
import io.verbena.Listener;
import io.verbena.Transport;
import io.verbena.samples.LinkOptions;
import io.verbena.samples.Port;
import io.verbena.samples.Printable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Receives files of {@link SendFile}, one at a time. */
@Command(name = "receive-file", description = "Wait for the file of a send-file.")
public final class ReceiveFile implements Callable<Integer> {
  private static final Duration FOREVER = Duration.ofDays(10_000);

  @Mixin private LinkOptions link = new LinkOptions();

  @Parameters(
      paramLabel = "PORT",
      description = "Where to listen; 0 for any free port.",
      converter = Port.class)
  private int port;

  @Option(
      names = "--into",
      paramLabel = "FOLDER",
      description = "Where to put the file (by default here).")
  private Path folder = Path.of("");

  @Option(names = "--overwrite", description = "Replace a file that is there already.")
  private boolean overwrite;

  @Option(
      names = "--keep",
      description =
          "Go on with the next file, until Ctrl-C (which leaves a hidden .part of a file).")
  private boolean keep;

  /** Creates the command, for picocli. */
  public ReceiveFile() {}

  @Override
  public Integer call() throws IOException {
    if (!Files.isDirectory(folder.toAbsolutePath())) {
      throw new IOException("there is no folder " + folder);
    }
    try (Transport transport =
            Transport.open(link.config().withMaxMessageBytes(Offer.CHUNK_BYTES));
        Listener listener = transport.listen(new InetSocketAddress(port))) {
      System.out.println("listening on port " + listener.address().getPort());
      var receiver =
          new Receiver(folder.toAbsolutePath(), overwrite, transport.allocator(), System.out);
      do {
        Endpoint sender = listener.accept(FOREVER);
        try (sender) {
          System.out.println(sender.remoteAddress() + ": " + sender.link());
          System.out.println("received " + receiver.receive(sender));
        } catch (IOException | RuntimeException e) {
          if (!keep) {
            throw e;
          }
          // Whatever one sender does, the next one is served.
          System.out.println("not received: " + Printable.of(String.valueOf(e.getMessage())));
        }
      } while (keep);
    }
    return 0;
  }
}
