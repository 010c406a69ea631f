package io.verbena.samples.pubsub;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.Transport;
import io.verbena.samples.LinkOptions;
import io.verbena.samples.Printable;
import io.verbena.samples.ServerAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints what is published. */
@Command(name = "subscribe", description = "Print what is published under a topic.")
public final class Subscribe implements Callable<Integer> {
  private static final Duration FOREVER = Duration.ofDays(10_000);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private LinkOptions link = new LinkOptions();

  @Mixin private ServerAddress broker = new ServerAddress();

  @Parameters(index = "2", paramLabel = "TOPIC", description = "Its topic.")
  private String topic = "";

  @Option(
      names = "--count",
      paramLabel = "COUNT",
      description = "End after so many messages, missed ones included (by default with Ctrl-C).")
  private long count = Long.MAX_VALUE;

  @Option(
      names = "--pause",
      paramLabel = "MS",
      description = "Be slow: rest after each message (default 0).")
  private int pause;

  /** Creates the command, for picocli. */
  public Subscribe() {}

  @Override
  public Integer call() throws IOException {
    if (count < 1 || pause < 0) {
      throw new ParameterException(spec.commandLine(), "--count is at least 1, --pause at least 0");
    }
    // Little is held here: what a slow subscriber has not taken waits, or is dropped, at the
    // broker.
    var config =
        link.config().withMaxMessageBytes(Protocol.MOST_BYTES).withReceiveBufferBytes(1 << 16);
    try (Transport transport = Transport.open(config);
        Endpoint peer = transport.connect(broker.address())) {
      System.out.println("link: " + peer.link());
      subscribe(transport, peer, topic);
      for (long seen = 0; seen < count; ) {
        ByteBuf message = peer.receive(FOREVER);
        try {
          seen += show(message);
        } finally {
          message.release();
        }
        rest();
      }
    }
    return 0;
  }

  static void subscribe(Transport transport, Endpoint broker, String topic) throws IOException {
    ByteBuf message = Protocol.about(transport.allocator(), Protocol.SUBSCRIBE, topic);
    try {
      broker.send(message);
    } catch (IOException | RuntimeException e) {
      message.release();
      throw e;
    }
  }

  /** Prints a message; returns how many messages it stands for. */
  private static long show(ByteBuf message) throws IOException {
    switch (message.isReadable() ? message.getByte(message.readerIndex()) : 0) {
      case Protocol.SUBSCRIBED -> {
        System.out.println("subscribed");
        return 0;
      }
      case Protocol.MISSED -> {
        if (message.readableBytes() == 1 + Long.BYTES) {
          long missed = message.getLong(message.readerIndex() + 1);
          System.out.println("missed: " + missed);
          return missed;
        }
      }
      case Protocol.PUBLISH -> {
        String topic = Protocol.topic(message);
        System.out.println(Printable.of(topic) + ": " + Printable.of(Protocol.content(message)));
        return 1;
      }
      default -> {}
    }
    throw new IOException("the peer is no broker");
  }

  private void rest() throws IOException {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
