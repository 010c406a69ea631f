package io.verbena.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The ranks of a launched program, which do a batch of work when they are asked and sleep
 * otherwise, so that two programs can take turns within milliseconds.
 */
final class LaunchedRanks implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 60_000;
  private static final int LOOK_MILLIS = 200;

  private record Rank(Socket socket, BufferedReader answers) {}

  private final String program;
  private final Process process;
  private final Path log;
  private final List<Rank> ranks = new ArrayList<>();

  private LaunchedRanks(String program, Process process, Path log) {
    this.program = program;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts a program whose ranks connect to the port that is its last argument.
   *
   * @param count how many ranks will
   * @param command the program, without that argument
   * @param environment variables besides ours
   * @param log where to keep what it says
   */
  static LaunchedRanks start(
      int count, List<String> command, Map<String, String> environment, Path log)
      throws IOException {
    try (ServerSocket listener = new ServerSocket(0, count, InetAddress.getLoopbackAddress())) {
      List<String> whole = new ArrayList<>(command);
      whole.add(Integer.toString(listener.getLocalPort()));
      ProcessBuilder builder =
          new ProcessBuilder(whole).redirectErrorStream(true).redirectOutput(log.toFile());
      builder.environment().putAll(environment);
      LaunchedRanks started = new LaunchedRanks(String.join(" ", command), builder.start(), log);
      try {
        started.accept(listener, count);
      } catch (IOException | RuntimeException e) {
        started.close();
        throw e;
      }
      return started;
    }
  }

  private void accept(ServerSocket listener, int count) throws IOException {
    listener.setSoTimeout(LOOK_MILLIS);
    Map<Integer, Rank> come = new TreeMap<>();
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
    while (come.size() < count) {
      try {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        var answers =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        Rank rank = new Rank(socket, answers);
        ranks.add(rank);
        come.put(Integer.valueOf(answer(rank)), rank);
      } catch (SocketTimeoutException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          throw failure("did not start its " + count + " ranks");
        }
      }
    }
    ranks.clear();
    ranks.addAll(come.values());
  }

  /**
   * Has all ranks do the same, and waits for them.
   *
   * @param ask what to do
   * @return what they answer, rank 0 first
   */
  List<String> batch(String ask) throws IOException {
    byte[] line = (ask + '\n').getBytes(StandardCharsets.US_ASCII);
    for (Rank rank : ranks) {
      rank.socket().getOutputStream().write(line);
    }
    List<String> answers = new ArrayList<>();
    for (Rank rank : ranks) {
      answers.add(answer(rank));
    }
    return answers;
  }

  private String answer(Rank rank) throws IOException {
    try {
      String line = rank.answers().readLine();
      if (line != null) {
        return line;
      }
    } catch (SocketTimeoutException e) {
      throw failure("does not answer");
    }
    throw failure("ended before its time");
  }

  private IOException failure(String how) throws IOException {
    List<String> lines = Files.readAllLines(log);
    String last = String.join(" ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    return new IOException(program + ' ' + how + ": " + last);
  }

  /** The ranks end when nobody asks any more. */
  @Override
  public void close() throws IOException {
    for (Rank rank : ranks) {
      rank.socket().close();
    }
    try {
      if (!process.waitFor(LOOK_MILLIS * 50L, TimeUnit.MILLISECONDS)) {
        // A launcher ends its ranks, if it is asked.
        process.destroy();
        if (!process.waitFor(LOOK_MILLIS * 25L, TimeUnit.MILLISECONDS)) {
          process.destroyForcibly();
        }
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
