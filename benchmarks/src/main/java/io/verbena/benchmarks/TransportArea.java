package io.verbena.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The transport's TCP lane against plain {@code java.nio} that reads without pause, and against
 * Netty's epoll transport: between two processes, a round of ours and a round of theirs in turn,
 * over connections that stay open.
 */
final class TransportArea implements Area {
  private static final double MEBIBYTE = 1 << 20;
  private static final int SMALL = 64;
  private static final int LARGE = 1 << 20;

  private static final int PINGS = 20_000;
  private static final int SMALL_STREAM = 2_000_000;
  private static final int LARGE_STREAM = 4_000;

  /** With {@code --quick}, and for java.nio with its system call for each message, a part of it. */
  private static final int LESS = 4;

  private static final int WARM_UP_ROUNDS = 4;

  /** The tail and the garbage, ours and theirs. */
  private static final int DETAILS = 4;

  /** Of a row that is there to compare, and has no bar. */
  private static final double NO_BAR = 0;

  /** One row. */
  private enum Row {
    CALLER_NIO("TCP ping-pong 64 B, CALLER, p50", SideKind.CALLER, SideKind.NIO, SMALL, 1.05),
    CALLER_NETTY("TCP ping-pong 64 B, CALLER, p50", SideKind.CALLER, SideKind.NETTY, SMALL, 0.5),
    CALLER_BUSY("TCP ping-pong 64 B, CALLER, p50", SideKind.CALLER, SideKind.NETTY_BUSY, SMALL, 0),
    THREAD_NETTY("TCP ping-pong 64 B, THREAD, p50", SideKind.THREAD, SideKind.NETTY, SMALL, 1),
    LARGE_NIO("TCP stream 1 MiB, CALLER", SideKind.CALLER, SideKind.NIO, LARGE, 1),
    LARGE_NETTY("TCP stream 1 MiB, CALLER", SideKind.CALLER, SideKind.NETTY, LARGE, 1.2),
    LARGE_THREAD("TCP stream 1 MiB, THREAD", SideKind.THREAD, SideKind.NETTY, LARGE, 1.2),
    SMALL_NIO("TCP stream 64 B, THREAD", SideKind.THREAD, SideKind.NIO, SMALL, 2_000_000),
    SMALL_NETTY("TCP stream 64 B, THREAD", SideKind.THREAD, SideKind.NETTY, SMALL, 2_000_000);

    private final String title;
    private final SideKind ours;
    private final SideKind theirs;
    private final int bytes;
    private final double bar;

    Row(String title, SideKind ours, SideKind theirs, int bytes, double bar) {
      this.title = title;
      this.ours = ours;
      this.theirs = theirs;
      this.bytes = bytes;
      this.bar = bar;
    }

    boolean isStream() {
      return compareTo(LARGE_NIO) >= 0;
    }

    private String unit() {
      if (!isStream()) {
        return "us";
      }
      return bytes == LARGE ? "MiB/s" : "msg/s";
    }

    Comparison comparison() {
      return new Comparison(title, theirs.title(), unit());
    }

    void judge(Comparison row) {
      if (bar == NO_BAR) {
        return;
      }
      if (!isStream()) {
        row.bar(
            String.format(Locale.ROOT, "%.3f times %s", row.ratio(), theirs.title()),
            row.ratio(),
            bar);
      } else if (bytes == LARGE) {
        row.floor(
            String.format(Locale.ROOT, "%.3f times %s", row.ratio(), theirs.title()),
            row.ratio(),
            bar);
      } else {
        row.floor("messages a second", row.ours(), bar);
      }
    }
  }

  @Override
  public String name() {
    return "transport";
  }

  @Override
  public String peer() {
    return "java.nio";
  }

  @Override
  public String summary() {
    return "messages over TCP, against java.nio that spins and Netty's epoll";
  }

  @Override
  public List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException {
    try (Rounds rounds = new Rounds()) {
      List<Comparison> rows = new ArrayList<>();
      for (Row row : Row.values()) {
        rows.add(measure(row, plan, rounds, progress));
      }
      return rows;
    }
  }

  private static Comparison measure(Row row, Plan plan, Rounds rounds, Consumer<String> progress)
      throws IOException {
    Comparison comparison = row.comparison();
    progress.accept(row.title + ": warming up");
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      round(row, row.ours, plan.quick(), rounds);
      round(row, row.theirs, plan.quick(), rounds);
    }
    double[][] details = new double[DETAILS][plan.pairs()];
    for (int pair = 0; pair < plan.pairs(); pair++) {
      Round ours = round(row, row.ours, plan.quick(), rounds);
      Round theirs = round(row, row.theirs, plan.quick(), rounds);
      comparison.add(ours.figure, theirs.figure);
      details[0][pair] = ours.tail;
      details[1][pair] = theirs.tail;
      details[2][pair] = ours.garbage;
      details[DETAILS - 1][pair] = theirs.garbage;
      progress.accept(
          String.format(
              Locale.ROOT,
              "%s, pair %d of %d: ours %.2f, %s %.2f %s",
              row.title,
              pair + 1,
              plan.pairs(),
              ours.figure,
              row.theirs.title(),
              theirs.figure,
              row.unit()));
    }
    row.judge(comparison);
    if (!row.isStream()) {
      comparison.remark(
          String.format(
              Locale.ROOT,
              "p99 %.2f us, %s %.2f us",
              Comparison.median(details[0]),
              row.theirs.title(),
              Comparison.median(details[1])));
    }
    comparison.remark(
        String.format(
            Locale.ROOT,
            "allocated for each message in this process %.1f B, %s %.1f B",
            Comparison.median(details[2]),
            row.theirs.title(),
            Comparison.median(details[DETAILS - 1])));
    return comparison;
  }

  /** What one round says, of whichever kind it was. */
  private record Round(double figure, double tail, double garbage) {}

  private static Round round(Row row, SideKind kind, boolean less, Rounds rounds)
      throws IOException {
    int divisor = less ? LESS : 1;
    if (row.isStream()) {
      Rounds.Stream stream = rounds.stream(kind, row.bytes, count(row, kind) / divisor);
      double figure = stream.perSecond() * (row.bytes == LARGE ? LARGE / MEBIBYTE : 1);
      return new Round(figure, 0, stream.garbage());
    }
    Rounds.PingPong pingPong = rounds.pingPong(kind, row.bytes, PINGS / divisor);
    return new Round(pingPong.typical(), pingPong.tail(), pingPong.garbage());
  }

  private static int count(Row row, SideKind kind) {
    if (row.bytes == LARGE) {
      return LARGE_STREAM;
    }
    return kind == SideKind.NIO ? SMALL_STREAM / LESS : SMALL_STREAM;
  }
}
