package io.verbena.benchmarks;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** Rounds of messages between this process and another, over connections that stay open. */
final class Rounds implements AutoCloseable {
  private static final double NANOS_PER_MICRO = 1000;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int PERCENTS = 100;
  private static final int TAIL = 99;

  /** Where others keep the processors busy, a round of ping-pong ends with fewer messages. */
  private static final long PING_PONG_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final PeerProcess peer = new PeerProcess();
  private final Sides sides;

  Rounds() throws IOException {
    boolean connected = false;
    try {
      sides = new Sides(peer);
      connected = true;
    } finally {
      if (!connected) {
        peer.close();
      }
    }
  }

  /**
   * What a round of ping-pong says.
   *
   * @param typical the median of the round trips, in microseconds
   * @param tail their 99th percentile
   * @param garbage bytes that all threads of this process allocated for each message
   */
  record PingPong(double typical, double tail, double garbage) {}

  /**
   * What a stream says.
   *
   * @param perSecond messages, from the first to the receiver's word that it has the last
   * @param garbage bytes that all threads of this process allocated for each message
   */
  record Stream(double perSecond, double garbage) {}

  PingPong pingPong(SideKind kind, int bytes, int most) throws IOException {
    long[] nanos = new long[most];
    peer.echo(kind, bytes);
    long before = threads.getTotalThreadAllocatedBytes();
    int count = sides.get(kind).ping(bytes, nanos, System.nanoTime() + PING_PONG_NANOS);
    long allocated = threads.getTotalThreadAllocatedBytes() - before;
    peer.finish();
    Arrays.sort(nanos, 0, count);
    return new PingPong(
        nanos[count / 2] / NANOS_PER_MICRO,
        nanos[(int) ((long) count * TAIL / PERCENTS)] / NANOS_PER_MICRO,
        // Each of them was a message out and a message in.
        (double) allocated / count / 2);
  }

  Stream stream(SideKind kind, int bytes, int count) throws IOException {
    peer.sink(kind, bytes, count);
    long before = threads.getTotalThreadAllocatedBytes();
    long start = System.nanoTime();
    sides.get(kind).stream(bytes, count);
    double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
    long allocated = threads.getTotalThreadAllocatedBytes() - before;
    peer.finish();
    return new Stream(count / seconds, (double) allocated / count);
  }

  @Override
  public void close() throws IOException {
    try (peer) {
      sides.close();
    }
  }
}
