package io.verbena.samples.interop;

import io.verbena.rdmacm.AddressOptions;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that {@code ucmatose} and {@code udaddy} share. */
final class CmOptions {
  @Option(
      names = "-s",
      paramLabel = "ADDRESS",
      description = "Where a server runs; without it, be the server.")
  @Nullable String server;

  @Option(
      names = "-b",
      paramLabel = "ADDRESS",
      description = "This side's address (by default any).")
  @Nullable String local;

  @Option(names = "-c", paramLabel = "COUNT", description = "Number of connections (default 1).")
  int connections = 1;

  @Option(
      names = "-C",
      paramLabel = "COUNT",
      description = "Messages of a connection (default 10).")
  int messages = 10;

  @Option(names = "-S", paramLabel = "BYTES", description = "Size of a message (default 100).")
  int size = 100;

  @Option(names = "-t", paramLabel = "NUMBER", description = "Type of service, 0 to 255.")
  int typeOfService = -1;

  void check(CommandSpec spec) {
    require(spec, connections >= 1, "-c is at least 1");
    require(spec, messages >= 0, "-C is at least 0");
    require(spec, size >= 0, "-S is at least 0");
    require(spec, typeOfService >= -1 && typeOfService <= 255, "-t is 0 to 255");
    if (size == 0) {
      // As the C programs have it: there is nothing to send then.
      messages = 0;
    }
  }

  private static void require(CommandSpec spec, boolean condition, String rule) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), rule);
    }
  }

  AddressOptions client(AddressOptions options) {
    AddressOptions all = typeOfService < 0 ? options : options.withTypeOfService(typeOfService);
    return local == null ? all : all.withSource(new InetSocketAddress(local, 0));
  }

  InetSocketAddress listenAddress(int port) {
    return local == null ? new InetSocketAddress(port) : new InetSocketAddress(local, port);
  }

  /** Room for all messages of one direction, as the C programs ask for it. */
  int depth() {
    return Math.max(1, messages);
  }
}
