package io.verbena.benchmarks;

import io.verbena.collective.MeasuredRank;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@link MeasuredRank}s on a {@link SlowNetwork}, and what they answer. */
final class NetworkedRanks implements AutoCloseable {
  private static final int PORT = 4791;
  private static final int PATIENCE_SECONDS = 5;

  /** How long a line takes to all of them, amply. */
  private static final long LEAD_NANOS = 6_000_000;

  /** Who starts later than this, or this part of the time, has not started together. */
  private static final long LATE_NANOS = 100_000;

  private static final int LATE_PART = 50;

  /** On a busy machine not all ranks get a processor in time. */
  private static final int ATTEMPTS = 4;

  private final SlowNetwork network;
  private final List<Process> ranks = new ArrayList<>();

  private NetworkedRanks(SlowNetwork network) {
    this.network = network;
  }

  static NetworkedRanks start(int count, int megabits) throws IOException {
    NetworkedRanks started = new NetworkedRanks(SlowNetwork.open(megabits));
    try {
      for (int rank = 0; rank < count; rank++) {
        Map<String, String> environment =
            Map.of(
                "VERBENA_RANK", Integer.toString(rank),
                "VERBENA_SIZE", Integer.toString(count),
                "VERBENA_RENDEZVOUS", SlowNetwork.address(0) + ":" + PORT);
        started.ranks.add(SlowNetwork.start(java(), environment));
      }
      for (int rank = 0; rank < count; rank++) {
        started.answer(rank);
        started.network.connect(rank, started.ranks.get(rank));
      }
      started.say("join");
    } catch (IOException | RuntimeException e) {
      started.close();
      throw e;
    }
    return started;
  }

  private static List<String> java() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
        // Compilers and collectors of many processes would want the few cores that there are.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xmx256m",
        "-cp",
        System.getProperty("java.class.path"),
        MeasuredRank.class.getName());
  }

  /** Asks all ranks the same; what rank 0 answers. */
  String ask(String what) throws IOException {
    say(what);
    return answers().getFirst();
  }

  /**
   * Starts what all have prepared, together; again if they do not, and then the time at which they
   * were nearest to it counts: the ns until the last rank of the group is done.
   */
  long run() throws IOException {
    long least = Long.MAX_VALUE;
    long nanos = 0;
    for (int i = 0; i < ATTEMPTS && least > Math.max(LATE_NANOS, nanos / LATE_PART); i++) {
      say("run " + (System.nanoTime() + LEAD_NANOS));
      long begin = 0;
      long end = 0;
      for (String answer : answers()) {
        if (!answer.equals(MeasuredRank.NOTHING)) {
          int space = answer.indexOf(' ');
          begin = Math.max(begin, Long.parseLong(answer.substring(0, space)));
          end = Math.max(end, Long.parseLong(answer.substring(space + 1)));
        }
      }
      if (begin < least) {
        least = begin;
        nanos = end;
      }
    }
    return nanos;
  }

  /** See {@link SlowNetwork#retransmitted}. */
  long retransmitted() throws IOException {
    return network.retransmitted();
  }

  private void say(String line) throws IOException {
    for (Process rank : ranks) {
      Writer asks = rank.outputWriter();
      asks.write(line + '\n');
      asks.flush();
    }
  }

  private List<String> answers() throws IOException {
    List<String> answers = new ArrayList<>();
    for (int rank = 0; rank < ranks.size(); rank++) {
      answers.add(answer(rank));
    }
    return answers;
  }

  private String answer(int rank) throws IOException {
    BufferedReader answers = ranks.get(rank).inputReader();
    String line = answers.readLine();
    if (line == null) {
      String why = SlowNetwork.complaint(ranks.get(rank));
      throw new IOException("rank %d ended before its time: %s".formatted(rank, why));
    }
    return line;
  }

  /** The ranks end when nobody asks any more. */
  @Override
  public void close() throws IOException {
    for (Process rank : ranks) {
      rank.outputWriter().close();
    }
    try {
      for (Process rank : ranks) {
        if (!rank.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          rank.destroyForcibly();
        }
      }
    } catch (InterruptedException e) {
      ranks.forEach(Process::destroyForcibly);
      Thread.currentThread().interrupt();
    }
    network.close();
  }
}
