package io.verbena.benchmarks;

import io.verbena.RdmaMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * What endpoints take: the time to make them, one after the other, and memory while they are idle.
 * Both ends of a connection are in this process.
 */
final class EndpointsArea implements Area {
  /** With {@code --quick} a part of the connections. */
  private static final int LESS = 4;

  private static final int COLLECTIONS = 3;
  private static final int ENDS = 2;
  private static final int KIBI = 1 << 10;

  private interface Opening {
    ConnectionMaker open() throws IOException;
  }

  private final String link;
  private final String peer;
  private final int connections;
  private final Opening ours;
  private final Opening theirs;

  private EndpointsArea(String link, String peer, int connections, Opening ours, Opening theirs) {
    this.link = link;
    this.peer = peer;
    this.connections = connections;
    this.ours = ours;
    this.theirs = theirs;
  }

  /** Over TCP, against bare sockets. */
  static EndpointsArea overTcp() {
    return new EndpointsArea(
        "TCP",
        "sockets",
        4000,
        () -> new ConnectionMaker.Endpoints(RdmaMode.OFF),
        ConnectionMaker.Sockets::new);
  }

  /** Over RDMA, against bare queue pairs. */
  static EndpointsArea overRdma() {
    return new EndpointsArea(
        "RDMA",
        "queue-pairs",
        200,
        () -> new ConnectionMaker.Endpoints(RdmaMode.REQUIRED),
        ConnectionMaker.QueuePairs::new);
  }

  @Override
  public String name() {
    return "endpoints";
  }

  @Override
  public String peer() {
    return peer;
  }

  @Override
  public String summary() {
    return "how long connections over %s take to be made, and their memory".formatted(link);
  }

  @Override
  public List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException {
    var rate = new Comparison(link + " connections", peer, "1/s");
    var heap = new Comparison(link + " heap of an idle endpoint", peer, "B");
    var pinned = new Comparison(link + " pinned memory of an idle endpoint", peer, "KiB");
    int count = connections / (plan.quick() ? LESS : 1);
    progress.accept("warming up");
    cost(ours, count);
    cost(theirs, count);
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      Cost mine = cost(ours, count);
      Cost other = cost(theirs, count);
      rate.add(mine.perSecond, other.perSecond);
      heap.add(mine.heap, other.heap);
      pinned.add(mine.pinned / KIBI, other.pinned / KIBI);
      progress.accept(
          String.format(
              Locale.ROOT,
              "pair %d of %d: ours %.0f a second, %.0f B, %s %.0f a second, %.0f B",
              pair,
              plan.pairs(),
              mine.perSecond,
              mine.heap,
              peer,
              other.perSecond,
              other.heap));
    }
    rate.remark("%d connections in one process, which has both ends of each".formatted(count));
    List<Comparison> rows = new ArrayList<>(List.of(rate, heap));
    if (pinned.ours() > 0) {
      rows.add(pinned);
    }
    return rows;
  }

  /** The memory is that of one end, in bytes. */
  private record Cost(double perSecond, double heap, double pinned) {}

  private static Cost cost(Opening opening, int count) throws IOException {
    try (ConnectionMaker maker = opening.open()) {
      // What all of them share is not the cost of one.
      maker.make();
      long heap = heap();
      long pinned = pinned();
      long start = System.nanoTime();
      for (int i = 0; i < count; i++) {
        maker.make();
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      double ends = (double) ENDS * count;
      return new Cost(count / seconds, (heap() - heap) / ends, (pinned() - pinned) / ends);
    }
  }

  private static long heap() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /** What the kernel keeps in place for adapters. */
  private static long pinned() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmPin:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * KIBI;
      }
    }
    return 0;
  }
}
