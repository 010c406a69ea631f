package io.verbena.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The transport's RDMA lane against a bare queue pair of our verbs, which shows what the lane adds,
 * and against rsockets. Two processes; a round of ours and a round of theirs in turn.
 */
final class RdmaTransportArea implements Area {
  private static final double NANOS_PER_MICRO = 1000;
  private static final int SMALL = 64;
  private static final int LARGE = 1 << 20;
  private static final int PINGS = 4000;
  private static final int LARGE_STREAM = 128;

  /** A part of that with {@code --quick}. */
  private static final int LESS = 4;

  /** On an emulated processor the compilers take long; a round of the warm-up ends by the clock. */
  private static final int WARM_UP_ROUNDS = 8;

  private static final long ROUND_NANOS = TimeUnit.SECONDS.toNanos(4);

  private static final double MOST_ROUND_TRIP = 1.15;
  private static final double LEAST_OF_READS = 0.95;

  @Override
  public String name() {
    return "transport";
  }

  @Override
  public String peer() {
    return "rstream";
  }

  @Override
  public String summary() {
    return "messages over RDMA, against raw verbs and rsockets' rstream";
  }

  @Override
  public List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException {
    RdmaPort port = RdmaPort.find();
    Rstream rstream = new Rstream(RdmaPort.ipAddress());
    progress.accept("%s, port %d, GID %d".formatted(port.device(), port.number(), port.gidIndex()));
    // With two processors for two processes that spin, nothing else may want one.
    try (PeerProcess peer = PeerProcess.rdma(List.of("-XX:+UseSerialGC", "-Xbatch", "-Xmx512m"));
        RdmaSides sides = new RdmaSides(peer)) {
      var rounds = new Rounds(peer, sides, plan, progress);
      List<Comparison> rows = new ArrayList<>();
      rows.add(rounds.roundTrips(SideKind.RDMA_CALLER, MOST_ROUND_TRIP));
      rows.add(rounds.roundTrips(SideKind.RDMA_THREAD, Double.NaN));
      rows.add(rounds.streams(SideKind.RDMA_CALLER));
      rows.add(rounds.againstRstream(rstream));
      rows.add(rounds.streamsAgainstRstream(rstream));
      return rows;
    }
  }

  /** Rounds of all kinds between two processes. */
  private record Rounds(PeerProcess peer, RdmaSides sides, Plan plan, Consumer<String> progress) {
    Comparison roundTrips(SideKind ours, double bar) throws IOException {
      String title = "RDMA round trip 64 B, " + title(ours) + ", p50";
      var row = new Comparison(title, SideKind.VERBS.title(), "us");
      for (int i = 0; i < WARM_UP_ROUNDS; i++) {
        pings(ours);
        pings(SideKind.VERBS);
      }
      for (int pair = 1; pair <= plan.pairs(); pair++) {
        row.add(median(pings(ours)), median(pings(SideKind.VERBS)));
        tell(row, pair);
      }
      if (!Double.isNaN(bar)) {
        row.bar(times(row, SideKind.VERBS.title()), row.ratio(), bar);
      }
      return row;
    }

    Comparison streams(SideKind ours) throws IOException {
      var row = new Comparison("RDMA stream 1 MiB, " + title(ours), "raw reads", "MiB/s");
      for (int i = 0; i < WARM_UP_ROUNDS; i++) {
        stream(ours);
        stream(SideKind.VERBS);
      }
      for (int pair = 1; pair <= plan.pairs(); pair++) {
        row.add(stream(ours), stream(SideKind.VERBS));
        tell(row, pair);
      }
      row.floor(times(row, "raw reads"), row.ratio(), LEAST_OF_READS);
      return row;
    }

    /** It says the mean, of half a round trip: so do we. */
    Comparison againstRstream(Rstream rstream) throws IOException {
      var row = new Comparison("RDMA latency 64 B, CALLER, mean", "rstream", "us");
      int exchanges = PINGS / (plan.quick() ? LESS : 1);
      for (int pair = 1; pair <= plan.pairs(); pair++) {
        double mean = Arrays.stream(pings(SideKind.RDMA_CALLER)).average().orElseThrow();
        Rstream.Output theirs = rstream.run(SMALL, 1, exchanges);
        row.add(mean / 2 / NANOS_PER_MICRO, theirs.micros());
        row.raw(theirs.command(), theirs.numbers());
        tell(row, pair);
      }
      row.bar(times(row, "rstream"), row.ratio(), 1);
      return row;
    }

    Comparison streamsAgainstRstream(Rstream rstream) throws IOException {
      var row = new Comparison("RDMA stream 1 MiB, CALLER", "rstream", "MiB/s");
      int count = LARGE_STREAM / (plan.quick() ? LESS : 1);
      for (int pair = 1; pair <= plan.pairs(); pair++) {
        double ours = stream(SideKind.RDMA_CALLER);
        Rstream.Output theirs = rstream.run(LARGE, count, 1);
        row.add(ours, theirs.mebibytesPerSecond());
        row.raw(theirs.command(), theirs.numbers());
        tell(row, pair);
      }
      row.floor(times(row, "rstream"), row.ratio(), 1);
      return row;
    }

    private static String title(SideKind kind) {
      return kind == SideKind.RDMA_CALLER ? "CALLER" : "THREAD";
    }

    private static String times(Comparison row, String peer) {
      return String.format(Locale.ROOT, "%.3f times %s", row.ratio(), peer);
    }

    private void tell(Comparison row, int pair) {
      progress.accept(
          String.format(
              Locale.ROOT,
              "pair %d of %d, %s: ours %.2f %s, %s %.2f",
              pair,
              plan.pairs(),
              row.name(),
              row.ourMeasurements().getLast(),
              row.unit(),
              row.peer(),
              row.theirMeasurements().getLast()));
    }

    private long[] pings(SideKind kind) throws IOException {
      long[] nanos = new long[PINGS / (plan.quick() ? LESS : 1)];
      peer.echo(kind, SMALL);
      int count = sides.get(kind).ping(SMALL, nanos, System.nanoTime() + ROUND_NANOS);
      peer.finish();
      return Arrays.copyOf(nanos, count);
    }

    private double stream(SideKind kind) throws IOException {
      int count = LARGE_STREAM / (plan.quick() ? LESS : 1);
      peer.sink(kind, LARGE, count);
      long start = System.nanoTime();
      sides.get(kind).stream(LARGE, count);
      double seconds = (System.nanoTime() - start) / 1e9;
      peer.finish();
      return count / seconds * LARGE / (1 << 20);
    }

    private static double median(long[] nanos) {
      Arrays.sort(nanos);
      return nanos[nanos.length / 2] / NANOS_PER_MICRO;
    }
  }
}
