package io.verbena.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs {@code rstream} of rdmacm-utils: rsockets, the C library's sockets over RDMA. A server and a
 * client each time, which spin. The server does not listen on TCP, so that {@link ProgramPair}
 * cannot see when it is ready.
 */
final class Rstream {
  private static final int PATIENCE_SECONDS = 120;

  /** The line of numbers: name, bytes, transfers, iterations, total, time, Gb/sec, usec/xfer. */
  private static final int COLUMNS = 8;

  private static final double MEBIBITS = 8.0 * (1 << 20);
  private static final int GIGABITS_AT = 6;
  private static final int MICROS_AT = 7;

  /** Where the adapter is reached: rdma_cm wants an address of its interface. */
  private final String address;

  /**
   * What a run printed.
   *
   * @param command what was run
   * @param numbers its line of numbers
   */
  record Output(String command, String numbers) {
    private double number(int column) {
      String text = numbers.split("\\s+", -1)[column];
      return Double.parseDouble(text);
    }

    /** Microseconds for a message one way, on average. */
    double micros() {
      return number(MICROS_AT);
    }

    double mebibytesPerSecond() {
      return number(GIGABITS_AT) * 1e9 / MEBIBITS;
    }
  }

  Rstream(String address) throws PrerequisiteException {
    this.address = address;
    if (!ProgramPair.isInstalled("rstream")) {
      throw new PrerequisiteException(
          "rstream is missing: install rdmacm-utils, on Debian with apt-get install rdmacm-utils");
    }
  }

  /**
   * Sends messages there and back.
   *
   * @param bytes length of a message
   * @param transfers how many in a row, before as many come back
   * @param iterations how often
   */
  Output run(int bytes, int transfers, int iterations) throws IOException {
    List<String> server =
        List.of(
            "rstream",
            "-p",
            Integer.toString(ProgramPair.freePort()),
            "-S",
            Integer.toString(bytes),
            "-C",
            Integer.toString(transfers),
            "-I",
            Integer.toString(iterations));
    List<String> client = new ArrayList<>(server);
    client.addAll(1, List.of("-s", address));
    Process listening = start(server);
    try {
      // It does not say when it listens: the client is refused until then.
      IOException last = null;
      for (int attempt = 0; attempt < 50; attempt++) {
        try {
          return new Output(String.join(" ", client), numbers(client));
        } catch (IOException e) {
          last = e;
          pause();
        }
      }
      throw last == null ? new IOException("rstream was not run") : last;
    } finally {
      listening.destroyForcibly();
    }
  }

  private static Process start(List<String> command) throws IOException {
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static String numbers(List<String> command) throws IOException {
    Process process = start(command);
    CompletableFuture<String> output =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return new String(
                    process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    String named = String.join(" ", command);
    try {
      return numbers(output.get(PATIENCE_SECONDS, TimeUnit.SECONDS), named);
    } catch (TimeoutException | ExecutionException e) {
      throw new IOException(named + " did not end well", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** The line of numbers in what it printed. */
  static String numbers(String text, String command) throws IOException {
    return text.lines()
        .map(String::strip)
        .filter(line -> line.split("\\s+", -1).length == COLUMNS && !line.startsWith("name"))
        .reduce((first, second) -> second)
        .orElseThrow(() -> new IOException(command + " printed no result: " + text.strip()));
  }
}
