package io.verbena.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** An {@link EchoServer} that was started for us. */
final class EchoProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;
  private final Writer orders;
  private final InetSocketAddress ours;
  private final InetSocketAddress theirs;

  EchoProcess() throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                System.getProperty("java.class.path"),
                EchoServer.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers = process.inputReader(StandardCharsets.US_ASCII);
    orders = process.outputWriter(StandardCharsets.US_ASCII);
    boolean started = false;
    try {
      String[] ports = answer().split(" ", 2);
      ours = loopback(ports[0]);
      theirs = loopback(ports[1]);
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
      throw new IOException("the echo server ended: see what it printed above");
    }
    return line;
  }

  /** Where Verbena listens. */
  InetSocketAddress ours() {
    return ours;
  }

  /** Where the plain socket listens. */
  InetSocketAddress theirs() {
    return theirs;
  }

  /** Makes the server echo a round of a side's messages. */
  void start(String side) throws IOException {
    orders.write(side + "\n");
    orders.flush();
  }

  /** Waits until the server has done that. */
  void finish() throws IOException {
    String line = answer();
    if (!line.equals(EchoServer.DONE)) {
      throw new IOException("the echo server said: " + line);
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
