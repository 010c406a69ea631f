package io.verbena.samples.interop;

import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import java.io.IOException;
import java.time.Duration;

/** Waiting for completions, but not for ever. */
final class Waiting {
  /** How long the peer may take for anything. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int POLLS_BETWEEN_CLOCKS = 1024;

  private Waiting() {}

  /**
   * The queue's cursor, before at least one completion.
   *
   * @param events whether to sleep meanwhile
   */
  static Completions next(CompletionQueue queue, boolean events) throws IOException {
    long began = System.nanoTime();
    if (events) {
      while (!queue.await(PATIENCE.minusNanos(System.nanoTime() - began))) {
        check(began);
      }
      return queue.poll();
    }
    for (int polls = 1; ; polls++) {
      if (queue.await(Duration.ZERO)) {
        return queue.poll();
      }
      if (polls % POLLS_BETWEEN_CLOCKS == 0) {
        check(began);
      }
    }
  }

  /** Complains when it is too long ago that waiting began. */
  static void check(long began) throws IOException {
    if (System.nanoTime() - began > PATIENCE.toNanos()) {
      throw new IOException("nothing came from the peer for %d s".formatted(PATIENCE.toSeconds()));
    }
  }
}
