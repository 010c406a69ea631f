package io.verbena.samples.pubsub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.Transport;
import io.verbena.samples.LinkOptions;
import io.verbena.samples.ServerAddress;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Publishes a text. */
@Command(name = "publish", description = "Send a text to all subscribers of a topic.")
public final class Publish implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private LinkOptions link = new LinkOptions();

  @Mixin private ServerAddress broker = new ServerAddress();

  @Parameters(index = "2", paramLabel = "TOPIC", description = "Its topic.")
  private String topic = "";

  @Parameters(index = "3", paramLabel = "TEXT", description = "The text.")
  private String text = "";

  @Option(names = "--count", paramLabel = "COUNT", description = "How often (default 1).")
  private int count = 1;

  /** Creates the command, for picocli. */
  public Publish() {}

  @Override
  public Integer call() throws IOException {
    if (count < 1) {
      throw new ParameterException(spec.commandLine(), "--count is at least 1");
    }
    try (Transport transport =
            Transport.open(link.config().withMaxMessageBytes(Protocol.MOST_BYTES));
        Endpoint peer = transport.connect(broker.address())) {
      System.out.println("link: " + peer.link());
      for (int i = 0; i < count; i++) {
        publish(transport, peer, topic, text);
      }
      peer.flush(); // the broker has them all
      System.out.println("published: " + count);
    }
    return 0;
  }

  static void publish(Transport transport, Endpoint broker, String topic, String text)
      throws IOException {
    ByteBuf message = Protocol.about(transport.allocator(), Protocol.PUBLISH, topic);
    message.writeCharSequence(text, UTF_8);
    try {
      if (message.readableBytes() > Protocol.MOST_BYTES) {
        throw new IOException("the text is too long");
      }
      broker.send(message);
    } catch (IOException | RuntimeException e) {
      message.release();
      throw e;
    }
  }
}
