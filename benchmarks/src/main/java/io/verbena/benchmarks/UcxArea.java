package io.verbena.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** The transport's TCP lane against UCX's, as UCX's own program measures it. */
final class UcxArea implements Area {
  private static final String PROGRAM = "ucx_perftest";
  private static final int SMALL = 64;
  private static final int LARGE = 1 << 20;
  private static final int EXCHANGES = 20_000;
  private static final int LARGE_MESSAGES = 4_000;
  private static final int LESS = 4;
  private static final int WARM_UP_ROUNDS = 4;

  /** The part of UCX's messages that it does not count. */
  private static final int WARM_UP_PART = 10;

  private static final double MOST_LATENCY = 1.0;
  private static final double LEAST_BANDWIDTH = 1.2;

  // Columns: iterations; time of a message as median, mean and overall mean; MiB/s and messages/s,
  // of the last second and overall.
  private static final int MEDIAN = 1;
  private static final int BANDWIDTH = 5;
  private static final int COLUMNS = 8;

  /** Measures one thing once. */
  private interface Measurement {
    double run() throws IOException;
  }

  @Override
  public String name() {
    return "transport";
  }

  @Override
  public String peer() {
    return "ucx";
  }

  @Override
  public String summary() {
    return "messages over TCP, against ucx_perftest";
  }

  @Override
  public List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException {
    if (!ProgramPair.isInstalled(PROGRAM)) {
      throw new PrerequisiteException(
          PROGRAM + " is missing: install UCX, on Debian with apt-get install ucx-utils");
    }
    int divisor = plan.quick() ? LESS : 1;
    int exchanges = EXCHANGES / divisor;
    int large = LARGE_MESSAGES / divisor;
    try (Rounds rounds = new Rounds()) {
      Comparison latency = new Comparison("TCP latency 64 B, CALLER, p50", "ucx tag_lat", "us");
      // UCX says half of a round trip.
      compare(
          latency,
          () -> rounds.pingPong(SideKind.CALLER, SMALL, exchanges).typical() / 2,
          () -> ucx(latency, "tag_lat", SMALL, exchanges, MEDIAN),
          plan,
          progress);
      latency.bar(times(latency), latency.ratio(), MOST_LATENCY);
      Comparison bandwidth = new Comparison("TCP stream 1 MiB, CALLER", "ucx tag_bw", "MiB/s");
      compare(
          bandwidth,
          () -> rounds.stream(SideKind.CALLER, LARGE, large).perSecond(),
          () -> ucx(bandwidth, "tag_bw", LARGE, large, BANDWIDTH),
          plan,
          progress);
      bandwidth.floor(times(bandwidth), bandwidth.ratio(), LEAST_BANDWIDTH);
      return List.of(latency, bandwidth);
    }
  }

  private static String times(Comparison row) {
    return String.format(Locale.ROOT, "%.3f times %s", row.ratio(), row.peer());
  }

  private static void compare(
      Comparison row, Measurement ours, Measurement theirs, Plan plan, Consumer<String> progress)
      throws IOException {
    progress.accept(row.name() + ": warming up");
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      ours.run();
    }
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      row.add(ours.run(), theirs.run());
      progress.accept(
          String.format(
              Locale.ROOT,
              "%s, pair %d of %d: ours %.2f, %s %.2f %s",
              row.name(),
              pair,
              plan.pairs(),
              row.ourMeasurements().getLast(),
              row.peer(),
              row.theirMeasurements().getLast(),
              row.unit()));
    }
  }

  private static double ucx(Comparison row, String test, int bytes, int messages, int column)
      throws IOException {
    int port = ProgramPair.freePort();
    List<String> server =
        List.of(
            PROGRAM,
            "-t",
            test,
            "-s",
            Integer.toString(bytes),
            "-n",
            Integer.toString(messages),
            "-w",
            Integer.toString(messages / WARM_UP_PART),
            "-f",
            "-p",
            Integer.toString(port));
    List<String> client = new ArrayList<>(server);
    client.add(InetAddress.getLoopbackAddress().getHostAddress());
    String text = ProgramPair.run(server, client, Map.of("UCX_TLS", "tcp"), port);
    String line = text.strip().lines().toList().getLast().strip();
    String[] columns = line.split("\\s+", -1);
    if (columns.length != COLUMNS) {
      throw new IOException(PROGRAM + " printed no result: " + text.strip());
    }
    row.raw("UCX_TLS=tcp " + String.join(" ", client), line);
    return Double.parseDouble(columns[column]);
  }
}
