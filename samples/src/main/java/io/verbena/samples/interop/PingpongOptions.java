package io.verbena.samples.interop;

import io.verbena.samples.Port;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options that all ping-pong programs have, by the names that the C programs give them. */
final class PingpongOptions {
  @Parameters(
      paramLabel = "HOST",
      arity = "0..1",
      description = "Where a server runs; without it, be the server.")
  @Nullable String host;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      converter = Port.class,
      description = "TCP port of the exchange (default 18515).")
  int port = 18515;

  @Option(
      names = {"-d", "--ib-dev"},
      paramLabel = "NAME",
      description = "The RDMA device; by default VERBENA_DEVICE, or the only one.")
  @Nullable String device;

  @Option(
      names = {"-i", "--ib-port"},
      paramLabel = "PORT",
      description = "Port of the device (default 1).")
  int devicePort = 1;

  @Option(
      names = {"-s", "--size"},
      paramLabel = "BYTES",
      description = "Size of a message (default 4096; of a datagram 1024).")
  int size;

  @Option(
      names = {"-r", "--rx-depth"},
      paramLabel = "COUNT",
      description = "Receives to post at a time (default 500).")
  int receiveDepth = 500;

  @Option(
      names = {"-n", "--iters"},
      paramLabel = "COUNT",
      description = "Number of exchanges (default 1000).")
  int iterations = 1000;

  @Option(
      names = {"-l", "--sl"},
      paramLabel = "LEVEL",
      description = "Service level (default 0).")
  int serviceLevel;

  @Option(
      names = {"-e", "--events"},
      description = "Sleep until a completion comes (by default poll).")
  boolean events;

  @Option(
      names = {"-g", "--gid-idx"},
      paramLabel = "INDEX",
      description = "Place of the GID to use (by default one is chosen).")
  int gidIndex = -1;

  @Option(
      names = {"-c", "--chk"},
      description = "Check the received bytes.")
  boolean check;
}
