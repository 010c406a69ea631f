package io.verbena.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs perftest's programs, a server and a client each time, on one port of this machine. */
final class Perftest {
  private static final int PATIENCE_SECONDS = 120;
  private static final Pattern INLINE = Pattern.compile("Max inline data\\s*:\\s*(\\d+)");
  private static final String LISTENING = "0A";

  private final RdmaPort port;

  /**
   * What a run printed.
   *
   * @param command what was run, for both the server and (with an address added) the client
   * @param text all of the client's output
   */
  record Output(String command, String text) {
    /** The line of numbers below the last heading. */
    String numbers() throws IOException {
      String line = "";
      boolean heading = false;
      for (String each : text.lines().toList()) {
        if (heading && !each.isBlank()) {
          line = each.trim();
          heading = false;
        }
        heading |= each.trim().startsWith("#bytes");
      }
      if (line.isEmpty() || !Character.isDigit(line.charAt(0))) {
        throw new IOException(command + " printed no result: " + text.strip());
      }
      return line;
    }

    private double number(int column) throws IOException {
      return Double.parseDouble(numbers().split("\\s+", -1)[column]);
    }

    /** Of a latency program: #bytes #iterations t_min t_max t_typical t_avg t_stdev 99% 99.9%. */
    Latencies latencies() throws IOException {
      return new Latencies(number(4), number(5), number(7));
    }

    /** Of a bandwidth program: #bytes #iterations peak average (MiB a second) rate (millions). */
    double mebibytesPerSecond() throws IOException {
      return number(3);
    }

    /** The last of these columns. */
    double messagesPerSecond() throws IOException {
      return number(4) * 1e6;
    }

    /** The longest message that the program would have sent inline. */
    int inlineBytes() {
      Matcher matcher = INLINE.matcher(text);
      return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }
  }

  Perftest(RdmaPort port) throws PrerequisiteException {
    this.port = port;
    for (PerftestCase each : PerftestCase.values()) {
      if (!isInstalled(each.program())) {
        throw new PrerequisiteException(
            each.program()
                + " is missing: install perftest, on Debian with apt-get install perftest");
      }
    }
  }

  private static boolean isInstalled(String program) {
    for (String folder : System.getenv().getOrDefault("PATH", "/usr/bin").split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  /** Runs a case. */
  Output run(PerftestCase wanted, int exchanges) throws IOException {
    int tcpPort = freePort();
    List<String> command = new ArrayList<>(List.of(wanted.program(), "--CPU-freq"));
    command.addAll(List.of("--ib-dev", port.device()));
    command.addAll(List.of("--ib-port", Integer.toString(port.number())));
    command.addAll(List.of("--gid-index", Integer.toString(port.gidIndex())));
    command.addAll(List.of("--iters", Integer.toString(exchanges)));
    command.addAll(wanted.options());
    command.addAll(List.of("--port", Integer.toString(tcpPort)));
    Process server = start(command);
    Process client = server;
    try {
      awaitListening(server, tcpPort, command);
      List<String> calling = new ArrayList<>(command);
      calling.add(InetAddress.getLoopbackAddress().getHostAddress());
      client = start(calling);
      String text = finish(client, calling);
      finish(server, command);
      return new Output(String.join(" ", command), text);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      client.destroyForcibly();
      server.destroyForcibly();
    }
  }

  private static Process start(List<String> command) throws IOException {
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
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
