package io.verbena.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** An {@link PeerServer} that was started for us. */
final class PeerProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;
  private final Writer orders;
  private final Map<SideKind, InetSocketAddress> addresses = new EnumMap<>(SideKind.class);

  /** With the sides that need no adapter. */
  PeerProcess() throws IOException {
    this(SideKind.TCP, List.of(), List.of());
  }

  /** With the sides that need an adapter. */
  static PeerProcess rdma(List<String> javaOptions) throws IOException {
    return new PeerProcess(SideKind.RDMA, javaOptions, List.of(PeerServer.RDMA));
  }

  private PeerProcess(Set<SideKind> kinds, List<String> javaOptions, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(javaOptions);
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            System.getProperty("java.class.path"),
            PeerServer.class.getName()));
    command.addAll(arguments);
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    answers = process.inputReader(StandardCharsets.US_ASCII);
    orders = process.outputWriter(StandardCharsets.US_ASCII);
    boolean started = false;
    try {
      Iterator<String> ports = List.of(answer().split(" ", -1)).iterator();
      for (SideKind kind : kinds) {
        addresses.put(kind, loopback(ports.next()));
      }
      started = true;
    } finally {
      if (!started) {
        process.destroy();
      }
    }
  }

  private static InetSocketAddress loopback(String port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
  }

  private String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the other process ended: see what it printed above");
    }
    return line;
  }

  /** Where a side's other side listens. */
  InetSocketAddress address(SideKind kind) {
    return Objects.requireNonNull(addresses.get(kind));
  }

  /** Makes the other side echo messages of a length. */
  void echo(SideKind kind, int bytes) throws IOException {
    order(kind + " " + PeerServer.ECHO + " " + bytes + " 0");
  }

  /** Makes the other side take messages. */
  void sink(SideKind kind, int bytes, int count) throws IOException {
    order(kind + " " + PeerServer.SINK + " " + bytes + " " + count);
  }

  private void order(String line) throws IOException {
    orders.write(line + "\n");
    orders.flush();
  }

  /** Waits until the server has done that. */
  void finish() throws IOException {
    String line = answer();
    if (!line.equals(PeerServer.DONE)) {
      throw new IOException("the other process said: " + line);
    }
  }

  @Override
  public void close() throws IOException {
    orders.close();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
