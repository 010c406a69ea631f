package io.verbena.samples.kv;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.verbena.Transport;
import io.verbena.samples.LinkOptions;
import io.verbena.samples.Printable;
import io.verbena.samples.ServerAddress;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The client of {@link KvServer}. */
@Command(
    name = "kv",
    customSynopsis = "./verbena sample kv get|put|delete|load HOST PORT ...",
    description = "get, put, delete values of a kv-server; load measures.")
public final class Kv {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Creates the command, for picocli. */
  public Kv() {}

  private interface Action {
    Integer with(KvClient client) throws IOException;
  }

  private static Integer connected(LinkOptions link, ServerAddress server, Action action)
      throws IOException {
    try (Transport transport =
            Transport.open(link.config().withMaxMessageBytes(Protocol.MOST_BYTES));
        var client = new KvClient(transport, server.address())) {
      System.out.println("link: " + client.server().link());
      return action.with(client);
    }
  }

  private static Integer absent(String key) {
    System.out.println("there is no " + Printable.of(key));
    return 1;
  }

  @Command(name = "get", description = "Get a value; exit status 1 if there is none.")
  Integer get(
      @Mixin LinkOptions link,
      @Mixin ServerAddress server,
      @Parameters(index = "2", paramLabel = "KEY", description = "Its key.") String key,
      @Option(names = "--by-message", description = "Ask the server instead of reading its memory.")
          boolean byMessage)
      throws IOException {
    return connected(
        link,
        server,
        client -> {
          byte[] value = byMessage ? client.getByMessage(key) : client.getByRead(key);
          if (value == null) {
            return absent(key);
          }
          String how = byMessage || client.asked() > 0 ? "by message" : "by a read of its memory";
          System.out.println("got " + how + ": " + Printable.of(new String(value, UTF_8)));
          return 0;
        });
  }

  @Command(name = "put", description = "Put a value, in place of any that is there.")
  Integer put(
      @Mixin LinkOptions link,
      @Mixin ServerAddress server,
      @Parameters(index = "2", paramLabel = "KEY", description = "Its key.") String key,
      @Parameters(index = "3", paramLabel = "VALUE", description = "The value.") String value)
      throws IOException {
    return connected(
        link,
        server,
        client -> {
          client.put(key, value.getBytes(UTF_8));
          return 0;
        });
  }

  @Command(name = "delete", description = "Delete a value; exit status 1 if there is none.")
  Integer delete(
      @Mixin LinkOptions link,
      @Mixin ServerAddress server,
      @Parameters(index = "2", paramLabel = "KEY", description = "Its key.") String key)
      throws IOException {
    return connected(link, server, client -> client.delete(key) ? 0 : absent(key));
  }

  @Command(name = "load", description = "Measure gets by message and by read.")
  Integer load(
      @Mixin LinkOptions link,
      @Mixin ServerAddress server,
      @Option(
              names = "--keys",
              paramLabel = "COUNT",
              defaultValue = "1000",
              description = "How many keys (default 1000).")
          int keys,
      @Option(
              names = "--size",
              paramLabel = "BYTES",
              defaultValue = "100",
              description = "Size of a value (default 100).")
          int size,
      @Option(
              names = "--millis",
              paramLabel = "MS",
              defaultValue = "1000",
              description = "How long to measure each way (default 1000).")
          int millis)
      throws IOException {
    require(keys >= 1 && keys <= 1_000_000, "--keys is 1 to 1000000");
    require(
        size >= 1 && size <= Protocol.MOST_VALUE_BYTES,
        "--size is 1 to " + Protocol.MOST_VALUE_BYTES);
    require(millis >= 1 && millis <= 3_600_000, "--millis is 1 to 3600000");
    try (Transport transport =
        Transport.open(link.config().withMaxMessageBytes(Protocol.MOST_BYTES))) {
      new Load(transport, server.address(), keys, size, millis).run();
    }
    return 0;
  }

  private void require(boolean condition, String rule) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), rule);
    }
  }
}
