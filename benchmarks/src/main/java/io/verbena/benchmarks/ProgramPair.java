package io.verbena.benchmarks;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a peer's measuring program twice: as a server, and as its client. */
final class ProgramPair {
  private static final int PATIENCE_SECONDS = 120;
  private static final String LISTENING = "0A";

  private ProgramPair() {}

  static boolean isInstalled(String program) {
    for (String folder : System.getenv().getOrDefault("PATH", "/usr/bin").split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /**
   * Starts the server, then the client, and waits for both.
   *
   * @param environment variables for both
   * @param tcpPort where the server listens
   * @return all that the client printed
   */
  static String run(
      List<String> server, List<String> client, Map<String, String> environment, int tcpPort)
      throws IOException {
    Process serving = start(server, environment);
    Process calling = serving;
    try {
      awaitListening(serving, tcpPort, server);
      calling = start(client, environment);
      String text = finish(calling, client);
      finish(serving, server);
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      calling.destroyForcibly();
      serving.destroyForcibly();
    }
  }

  private static Process start(List<String> command, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** The client does not wait for the server, and the server says nothing before its end. */
  private static void awaitListening(Process server, int tcpPort, List<String> command)
      throws IOException, InterruptedException {
    String local = String.format(Locale.ROOT, ":%04X", tcpPort);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!isListening("/proc/net/tcp", local) && !isListening("/proc/net/tcp6", local)) {
      if (!server.isAlive() || System.nanoTime() > deadline) {
        throw failed(server, command);
      }
      Thread.sleep(20);
    }
  }

  /** A line is: number, local address, remote address, state, and so on. */
  private static boolean isListening(String table, String local) throws IOException {
    Path file = Path.of(table);
    if (!Files.exists(file)) {
      return false;
    }
    return Files.readAllLines(file).stream()
        .map(line -> line.trim().split("\\s+"))
        .anyMatch(
            fields ->
                fields.length > 3 && fields[1].endsWith(local) && fields[3].equals(LISTENING));
  }

  /** What a program prints fits into a pipe: nobody has to read while it measures. */
  private static String finish(Process process, List<String> command)
      throws IOException, InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw failed(process, command);
    }
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static IOException failed(Process process, List<String> command) throws IOException {
    boolean hung = process.isAlive();
    process.destroyForcibly();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new IOException(
        String.join(" ", command)
            + (hung ? " did not end: " : " failed: ")
            + text.replaceAll("\\s+", " ").strip());
  }
}
