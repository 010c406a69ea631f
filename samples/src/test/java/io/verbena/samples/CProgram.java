package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program of rdma-core that runs beside the test; closing ends it. */
final class CProgram implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private final String name;
  private final Process process;
  private final Path output;

  private CProgram(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
  }

  static CProgram start(Path folder, String name, List<String> options) throws IOException {
    assumeTrue(isInstalled(name), name + " is not installed on this machine");
    Path output = Files.createTempFile(folder, name, ".out");
    List<String> command = new ArrayList<>(List.of(name));
    command.addAll(options);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    return new CProgram(name, process, output);
  }

  private static boolean isInstalled(String name) {
    return Boolean.getBoolean("verbena.rdma.required")
        || Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
  }

  /** Waits for the program's end; returns its exit status. */
  int status() throws Exception {
    assertTrue(
        process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS),
        () -> name + " did not end in " + PATIENCE_SECONDS + " s; it said: " + output());
    return process.exitValue();
  }

  /** What it has said so far, on both of its outputs. */
  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Waits until somebody listens on a TCP port. */
  void awaitListener(int port) throws Exception {
    awaitListener(port, this);
  }

  /** Waits until somebody listens on a TCP port; connecting would be taken for the client. */
  static void awaitListener(int port, CProgram suspect) throws Exception {
    String local = String.format(Locale.ROOT, ":%04X ", port);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!isListening(local)) {
      assertTrue(
          System.nanoTime() < deadline && (suspect == null || suspect.process.isAlive()),
          () -> "nobody listens on " + port + (suspect == null ? "" : ": " + suspect.output()));
      Thread.sleep(20);
    }
  }

  private static boolean isListening(String local) throws IOException {
    for (String file : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      // The columns are: number, local address, remote address, state; 0A is LISTEN.
      if (Files.readAllLines(Path.of(file)).stream()
          .map(line -> line.strip().split(" +"))
          .anyMatch(row -> (row[1] + " ").endsWith(local) && row[3].equals("0A"))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
