package io.verbena.collective;

import io.verbena.collective.launch.Job;
import io.verbena.collective.launch.LaunchException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

/** Ranks that are threads of one process. */
final class LocalJob implements Job {
  private final int rank;
  private final byte[][] values;
  private final CyclicBarrier all;

  private LocalJob(int rank, byte[][] values, CyclicBarrier all) {
    this.rank = rank;
    this.values = values;
    this.all = all;
  }

  static List<Job> ofSize(int ranks) {
    byte[][] values = new byte[ranks][];
    CyclicBarrier all = new CyclicBarrier(ranks);
    return IntStream.range(0, ranks).<Job>mapToObj(i -> new LocalJob(i, values, all)).toList();
  }

  @Override
  public String launcher() {
    return "test";
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return values.length;
  }

  @Override
  public void exchange(byte[] mine, Duration timeout) {
    values[rank] = mine.clone();
    try {
      all.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (BrokenBarrierException | TimeoutException | InterruptedException e) {
      throw new UncheckedIOException(new IOException("not all threads came", e));
    }
  }

  @Override
  public byte[] valueOf(int ofRank) throws LaunchException {
    return values[ofRank].clone();
  }

  @Override
  public void abort(int status, String reason) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
