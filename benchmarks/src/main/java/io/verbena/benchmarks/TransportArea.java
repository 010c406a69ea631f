package io.verbena.benchmarks;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The transport's TCP lane against plain {@code java.nio} that reads without pause, and against
 * Netty's epoll transport: between two processes, a round of ours and a round of theirs in turn,
 * over connections that stay open.
 */
final class TransportArea implements Area {
  private static final double NANOS_PER_MICRO = 1000;
  private static final int SMALL = 64;
  private static final int LARGE = 1 << 20;

  private static final int PINGS = 20_000;
  private static final int SMALL_STREAM = 2_000_000;
  private static final int LARGE_STREAM = 4_000;

  /** With {@code --quick}, and for java.nio with its system call for each message, a part of it. */
  private static final int LESS = 4;

  private static final int WARM_UP_ROUNDS = 4;

  /** Where others keep the processors busy, a round ends with fewer messages. */
  private static final long ROUND_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** One row. */
  private enum Row {
    CALLER_NIO("TCP ping-pong 64 B, CALLER, p50", SideKind.CALLER, SideKind.NIO, SMALL, 1.05),
    CALLER_NETTY("TCP ping-pong 64 B, CALLER, p50", SideKind.CALLER, SideKind.NETTY, SMALL, 0.5),
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

  /** What one round says: a figure, and what this process allocated for each message. */
  private record Round(double figure, double bytes) {}

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
    try (PeerProcess peer = new PeerProcess();
        Sides sides = new Sides(peer)) {
      List<Comparison> rows = new ArrayList<>();
      for (Row row : Row.values()) {
        rows.add(measure(row, plan, peer, sides, progress));
      }
      return rows;
    }
  }

  private Comparison measure(
      Row row, Plan plan, PeerProcess peer, Sides sides, Consumer<String> progress)
      throws IOException {
    Comparison comparison = row.comparison();
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      round(row, row.ours, true, peer, sides);
      round(row, row.theirs, true, peer, sides);
    }
    double[] allocated = new double[plan.pairs()];
    for (int pair = 0; pair < plan.pairs(); pair++) {
      Round ours = round(row, row.ours, plan.quick(), peer, sides);
      Round theirs = round(row, row.theirs, plan.quick(), peer, sides);
      comparison.add(ours.figure, theirs.figure);
      allocated[pair] = ours.bytes;
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
    comparison.remark(
        String.format(
            Locale.ROOT,
            "this process allocates %.1f bytes for each message",
            Comparison.median(allocated)));
    return comparison;
  }

  private Round round(Row row, SideKind kind, boolean less, PeerProcess peer, Sides sides)
      throws IOException {
    Side side = sides.get(kind);
    int divisor = less ? LESS : 1;
    return row.isStream()
        ? stream(peer, kind, side, row.bytes, count(row, kind) / divisor)
        : pingPong(peer, kind, side, row.bytes, PINGS / divisor);
  }

  private static int count(Row row, SideKind kind) {
    if (row.bytes == LARGE) {
      return LARGE_STREAM;
    }
    return kind == SideKind.NIO ? SMALL_STREAM / LESS : SMALL_STREAM;
  }

  private Round pingPong(PeerProcess peer, SideKind kind, Side side, int bytes, int most)
      throws IOException {
    long[] nanos = new long[most];
    peer.echo(kind, bytes);
    long before = threads.getTotalThreadAllocatedBytes();
    int count = side.ping(bytes, nanos, System.nanoTime() + ROUND_NANOS);
    long allocated = threads.getTotalThreadAllocatedBytes() - before;
    peer.finish();
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    return new Round(sorted[count / 2] / NANOS_PER_MICRO, (double) allocated / count);
  }

  private Round stream(PeerProcess peer, SideKind kind, Side side, int bytes, int count)
      throws IOException {
    peer.sink(kind, bytes, count);
    long before = threads.getTotalThreadAllocatedBytes();
    long start = System.nanoTime();
    side.stream(bytes, count);
    double seconds = (System.nanoTime() - start) / 1e9;
    long allocated = threads.getTotalThreadAllocatedBytes() - before;
    peer.finish();
    double perSecond = count / seconds;
    return new Round(
        bytes == LARGE ? perSecond * bytes / (1 << 20) : perSecond, (double) allocated / count);
  }
}
