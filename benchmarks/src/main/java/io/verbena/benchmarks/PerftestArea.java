package io.verbena.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The verbs against perftest, the C programs that everybody measures RDMA with, on a real device or
 * on soft-RoCE: two processes of ours, then two of theirs, in turn.
 */
final class PerftestArea implements Area {
  private static final double MOST_LATENCY_RATIO = 1.05;
  private static final double LEAST_RATE_RATIO = 0.97;

  /** Runs of ours before the first pair of a case: the compilers are done by then. */
  private static final int WARM_UP_RUNS = 20;

  private static final int WARM_UP_EXCHANGES = 4000;
  private static final int WARM_UP_LONG_EXCHANGES = 400;
  private static final double MEBIBYTE = 1 << 20;

  @Override
  public String name() {
    return "verbs";
  }

  @Override
  public String peer() {
    return "perftest";
  }

  @Override
  public String summary() {
    return "latencies and rates on an RDMA device, against perftest's C programs";
  }

  @Override
  public List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException {
    RdmaPort port = RdmaPort.find();
    Perftest theirs = new Perftest(port);
    progress.accept("%s, port %d, GID %d".formatted(port.device(), port.number(), port.gidIndex()));
    List<Comparison> comparisons = new ArrayList<>();
    try (TwinProcesses ours = new TwinProcesses(port)) {
      for (PerftestCase each : PerftestCase.values()) {
        comparisons.addAll(measure(each, plan, ours, theirs, progress));
      }
    }
    return comparisons;
  }

  private List<Comparison> measure(
      PerftestCase measured,
      Plan plan,
      TwinProcesses ours,
      Perftest theirs,
      Consumer<String> progress)
      throws IOException {
    progress.accept(measured.title() + ": warming up");
    int exchanges = measured.exchanges(plan.quick());
    int inlineBytes = theirs.run(measured, exchanges).inlineBytes();
    int warmUp = measured.bytes() > MEBIBYTE / 32 ? WARM_UP_LONG_EXCHANGES : WARM_UP_EXCHANGES;
    for (int i = 0; i < WARM_UP_RUNS; i++) {
      ours.run(measured, warmUp, inlineBytes);
    }
    Series series = measured.isLatency() ? new LatencySeries(measured) : new RateSeries(measured);
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      String ourAnswer = ours.run(measured, exchanges, inlineBytes);
      Perftest.Output theirOutput = theirs.run(measured, exchanges);
      progress.accept(
          "pair %d of %d, %s: %s"
              .formatted(pair, plan.pairs(), measured.title(), series.add(ourAnswer, theirOutput)));
    }
    return series.judged();
  }

  /** What the pairs of a case say. */
  private interface Series {
    /** Adds a pair; a few words about it. */
    String add(String ours, Perftest.Output theirs) throws IOException;

    List<Comparison> judged();
  }

  private static final class LatencySeries implements Series {
    private final Comparison typical;
    private final Comparison mean;
    private final Comparison p99;

    LatencySeries(PerftestCase measured) {
      typical = new Comparison(measured.title() + ", p50", "perftest", "us");
      mean = new Comparison(measured.title() + ", mean", "perftest", "us");
      p99 = new Comparison(measured.title() + ", p99", "perftest", "us");
    }

    @Override
    public String add(String ours, Perftest.Output theirs) throws IOException {
      Latencies our = Latencies.parse(ours);
      Latencies their = theirs.latencies();
      typical.add(our.typical(), their.typical());
      typical.raw(theirs.command(), theirs.numbers());
      mean.add(our.mean(), their.mean());
      p99.add(our.p99(), their.p99());
      return String.format(
          Locale.ROOT,
          "ours %.2f us (mean %.2f, p99 %.2f), perftest %.2f (%.2f, %.2f)",
          our.typical(),
          our.mean(),
          our.p99(),
          their.typical(),
          their.mean(),
          their.p99());
    }

    @Override
    public List<Comparison> judged() {
      typical.bar(
          String.format(Locale.ROOT, "%.3f times C", typical.ratio()),
          typical.ratio(),
          MOST_LATENCY_RATIO);
      return List.of(typical, mean, p99);
    }
  }

  private static final class RateSeries implements Series {
    private final PerftestCase measured;
    private final boolean volume;
    private final Comparison rate;

    RateSeries(PerftestCase measured) {
      this.measured = measured;
      this.volume = measured.bytes() > MEBIBYTE / 32;
      this.rate = new Comparison(measured.title(), "perftest", volume ? "MiB/s" : "1/s");
    }

    @Override
    public String add(String ours, Perftest.Output theirs) throws IOException {
      double our = Double.parseDouble(ours);
      if (volume) {
        rate.add(our * measured.bytes() / MEBIBYTE, theirs.mebibytesPerSecond());
      } else {
        rate.add(our, theirs.messagesPerSecond());
      }
      rate.raw(theirs.command(), theirs.numbers());
      return String.format(
          Locale.ROOT,
          "ours %.1f %s, perftest %.1f",
          rate.ourMeasurements().getLast(),
          rate.unit(),
          rate.theirMeasurements().getLast());
    }

    @Override
    public List<Comparison> judged() {
      rate.floor(
          String.format(Locale.ROOT, "%.3f of C", rate.ratio()), rate.ratio(), LEAST_RATE_RATIO);
      return List.of(rate);
    }
  }
}
