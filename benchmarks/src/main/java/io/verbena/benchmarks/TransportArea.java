package io.verbena.benchmarks;

import com.sun.management.ThreadMXBean;
import io.verbena.Transport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The transport's TCP lane against plain {@code java.nio} that reads without pause: a ping-pong
 * between two processes, a round of ours and a round of theirs in turn, over connections that stay
 * open. Both sides spin while they are measured and sleep while they are not.
 */
final class TransportArea implements Area {
  private static final String PEER = "java.nio";
  private static final double MOST_RATIO = 1.1;
  private static final double NANOS_PER_MICRO = 1000;

  private static final int MESSAGES = 20_000;
  private static final int QUICK_MESSAGES = 5_000;
  private static final int WARM_UP_ROUNDS = 4;

  /** Where others keep the processors busy, a round ends with fewer messages. */
  private static final long ROUND_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** What one round says, for one message. */
  private record Round(double p50, double p99, double bytes) {}

  @Override
  public String name() {
    return "transport";
  }

  @Override
  public String peer() {
    return PEER;
  }

  @Override
  public String summary() {
    return "a TCP ping-pong of 64 bytes, against java.nio that spins";
  }

  @Override
  public List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException {
    try (EchoProcess server = new EchoProcess();
        Transport transport = VerbenaPingPong.openTransport();
        PingPong ours = new VerbenaPingPong(transport, transport.connect(server.ours()));
        PingPong theirs = new NioPingPong(SocketChannel.open(server.theirs()))) {
      progress.accept("warming up");
      long[] warmUp = new long[MESSAGES];
      for (int i = 0; i < WARM_UP_ROUNDS; i++) {
        round(server, EchoServer.OURS, ours, warmUp);
        round(server, EchoServer.THEIRS, theirs, warmUp);
      }
      return measure(plan, server, ours, theirs, progress);
    }
  }

  private List<Comparison> measure(
      Plan plan, EchoProcess server, PingPong ours, PingPong theirs, Consumer<String> progress)
      throws IOException {
    Comparison p50 = new Comparison("TCP ping-pong 64 B, p50", PEER, "us");
    Comparison p99 = new Comparison("TCP ping-pong 64 B, p99", PEER, "us");
    long[] nanos = new long[plan.quick() ? QUICK_MESSAGES : MESSAGES];
    double[] ourBytes = new double[plan.pairs()];
    double[] theirBytes = new double[plan.pairs()];
    for (int pair = 0; pair < plan.pairs(); pair++) {
      Round our = round(server, EchoServer.OURS, ours, nanos);
      Round their = round(server, EchoServer.THEIRS, theirs, nanos);
      p50.add(our.p50(), their.p50());
      p99.add(our.p99(), their.p99());
      ourBytes[pair] = our.bytes();
      theirBytes[pair] = their.bytes();
      progress.accept(
          String.format(
              Locale.ROOT,
              "pair %d of %d, p50: ours %.2f us, java.nio %.2f us",
              pair + 1,
              plan.pairs(),
              our.p50(),
              their.p50()));
    }
    p50.bar(
        String.format(Locale.ROOT, "%.3f times java.nio", p50.ratio()), p50.ratio(), MOST_RATIO);
    p50.remark(
        String.format(
            Locale.ROOT,
            "the pinging thread allocates %.1f bytes for each round trip, java.nio's %.1f",
            Comparison.median(ourBytes),
            Comparison.median(theirBytes)));
    return List.of(p50, p99);
  }

  private Round round(EchoProcess server, String name, PingPong side, long[] nanos)
      throws IOException {
    server.start(name);
    long before = threads.getCurrentThreadAllocatedBytes();
    int count = side.ping(nanos, System.nanoTime() + ROUND_NANOS);
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    server.finish();
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    return new Round(percentile(sorted, 50), percentile(sorted, 99), (double) bytes / count);
  }

  private static double percentile(long[] sorted, int percent) {
    return sorted[(int) ((long) (sorted.length - 1) * percent / 100)] / NANOS_PER_MICRO;
  }
}
