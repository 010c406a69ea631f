package io.verbena.benchmarks;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads on which Netty's allocators are at their best; for {@code -Djmh.executor.class}. */
public final class NettyThreads extends ThreadPoolExecutor {
  /**
   * As JMH wants it.
   *
   * @param threads how many
   * @param prefix of their names
   */
  public NettyThreads(int threads, String prefix) {
    super(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        new DefaultThreadFactory(prefix, true));
  }
}
