package io.verbena.samples.files;

import io.verbena.Endpoint;
import io.verbena.Transport;
import io.verbena.samples.LinkOptions;
import io.verbena.samples.ServerAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Sends a file to a {@link ReceiveFile}. */
@Command(name = "send-file", description = "Send a file to a receive-file.")
public final class SendFile implements Callable<Integer> {
  @Mixin private LinkOptions link = new LinkOptions();

  @Mixin private ServerAddress receiver = new ServerAddress();

  @Parameters(index = "2", paramLabel = "FILE", description = "What to send.")
  private Path file = Path.of("");

  @Option(
      names = "--as",
      paramLabel = "NAME",
      description = "Its name at the receiver (by default the same).")
  private @Nullable String name;

  /** Creates the command, for picocli. */
  public SendFile() {}

  @Override
  public Integer call() throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("there is no file " + file);
    }
    String called = name == null ? String.valueOf(file.getFileName()) : name;
    try (Transport transport =
            Transport.open(link.config().withMaxMessageBytes(Offer.CHUNK_BYTES));
        Endpoint peer = transport.connect(receiver.address())) {
      System.out.println("link: " + peer.link());
      int checksum = new Sender(peer, transport.allocator(), System.out).send(file, called);
      System.out.printf("%s is there, CRC32C %08x%n", called, checksum);
    }
    return 0;
  }
}
