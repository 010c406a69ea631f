package io.verbena.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The two processes of {@link PerftestTwin}, started for us. */
final class TwinProcesses implements AutoCloseable {
  /** A run takes a second; on an emulated processor the first one of a case a few more. */
  private static final int PATIENCE_SECONDS = 180;

  private final List<Process> processes = new ArrayList<>();
  private final BufferedReader answers;
  private final Writer orders;

  TwinProcesses(RdmaPort port) throws IOException {
    boolean started = false;
    try {
      String listening = answer(start(port, "server").inputReader(StandardCharsets.US_ASCII));
      Process client = start(port, listening);
      answers = client.inputReader(StandardCharsets.US_ASCII);
      orders = client.outputWriter(StandardCharsets.US_ASCII);
      started = true;
    } finally {
      if (!started) {
        processes.forEach(Process::destroyForcibly);
      }
    }
  }

  private Process start(RdmaPort port, String role) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                // With two processors for two processes that spin, nothing else may want one:
                // nothing
                // is allocated in the loops, so the collector stays idle, and who calls for the
                // compiler waits for it (batch), so that it is done when the warm-up is.
                "-XX:+UseSerialGC",
                "-Xbatch",
                "-XX:-UsePerfData",
                "-Xmx128m",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                PerftestTwin.class.getName(),
                port.device(),
                Integer.toString(port.number()),
                Integer.toString(port.gidIndex()),
                role)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    processes.add(process);
    return process;
  }

  private static String answer(BufferedReader reader) throws IOException {
    CompletableFuture<String> line =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                String text = reader.readLine();
                return text == null ? "" : text;
              } catch (IOException e) {
                return "";
              }
            });
    try {
      String text = line.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (text.isEmpty()) {
        throw new IOException("our side of the comparison ended: see what it printed above");
      }
      return text;
    } catch (TimeoutException | ExecutionException e) {
      throw new IOException(
          "our side of the comparison did not answer in " + PATIENCE_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Runs a case; returns what the client says about it. */
  String run(PerftestCase wanted, int exchanges, int inlineBytes) throws IOException {
    orders.write(wanted.name() + " " + exchanges + " " + inlineBytes + "\n");
    orders.flush();
    return answer(answers);
  }

  @Override
  public void close() throws IOException {
    try {
      orders.close();
      for (Process process : processes.reversed()) {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      }
    } catch (InterruptedException e) {
      processes.forEach(Process::destroyForcibly);
      Thread.currentThread().interrupt();
    }
  }
}
