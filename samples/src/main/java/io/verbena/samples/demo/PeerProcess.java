package io.verbena.samples.demo;

import io.verbena.samples.Complaints;
import io.verbena.samples.ThisJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The demo's second process: this JVM's executable, flags and class path once more. It ends with
 * this object, and with this process however that ends: it watches its standard input, which the
 * system closes.
 */
final class PeerProcess implements AutoCloseable {
  static final String PORT = "port ";

  /** A JVM on an emulated processor takes several seconds to start. */
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

  private static final Duration END_TIMEOUT = Duration.ofSeconds(5);

  private final Process process;

  private PeerProcess(Process process) {
    this.process = process;
  }

  static PeerProcess start(List<String> arguments) throws IOException {
    List<String> command = ThisJvm.command(DemoPeer.class, arguments);
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    Complaints.passOn(builder.environment());
    return new PeerProcess(builder.start());
  }

  /** The port that the process listens on, as soon as it says so. */
  int port() throws IOException {
    var line = new CompletableFuture<String>();
    Thread.startVirtualThread(() -> readLine(line));
    try {
      String said = line.get(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      if (said.startsWith(PORT)) {
        return Integer.parseInt(said.substring(PORT.length()));
      }
      throw new DemoFailure(
          "the second process was not ready" + (said.isEmpty() ? ", it ended" : ": " + said));
    } catch (TimeoutException e) {
      throw new DemoFailure(
          "the second process was not ready after %d s".formatted(START_TIMEOUT.toSeconds()));
    } catch (ExecutionException e) {
      throw new DemoFailure("the second process cannot be read from: " + e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoFailure("interrupted");
    }
  }

  private void readLine(CompletableFuture<String> line) {
    try {
      BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      String said = reader.readLine();
      line.complete(said == null ? "" : said);
    } catch (IOException e) {
      line.completeExceptionally(e);
    }
  }

  /**
   * Lets the process end by itself, which it does when the endpoint is closed, but not for long.
   */
  @Override
  public void close() {
    try {
      if (!process.waitFor(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
