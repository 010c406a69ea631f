package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Several threads share a batch, which breaks the rules. A request that ends a binding twice would
 * crash the kernel of Linux 6.1 with soft-RoCE: then nothing at all comes out of this test.
 */
@RdmaTest
class MemoryWindowRaceTest {
  private static final int ROUNDS = 60;
  private static final int STEPS = 60;

  /** More than cores: a thread that loses its core halfway is what goes wrong. */
  private static final int THREADS = 5;

  @Test
  void shouldEndABindingOnceWhateverSharesTheBatch() throws Exception {
    int ended = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (int round = 0; round < ROUNDS; round++) {
        try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
          List<Future<?>> users = new ArrayList<>();
          for (int i = 0; i < THREADS; i++) {
            users.add(threads.submit(() -> misuse(windows)));
          }
          while (!users.stream().allMatch(Future::isDone)) {
            Completions done = windows.pair.rightQueue.poll();
            while (done.next()) {
              ended += done.succeeded() && done.kind() == WorkKind.INVALIDATE ? 1 : 0;
            }
          }
          for (Future<?> user : users) {
            user.get();
          }
        }
      }
    }
    assertTrue(ended > 0, "the threads never ended a binding at all");
  }

  private static void misuse(Windows windows) {
    QueuePair pair = windows.pair.rightPair;
    for (int i = 0; i < STEPS; i++) {
      try {
        pair.sends().signaled().bind(1, windows.window, windows.region, 0, 8, Windows.RIGHTS);
        pair.sends().submit();
        pair.sends().signaled().invalidate(2, windows.window).submit();
      } catch (RuntimeException | IOException e) {
        // What the other thread has spoiled.
      }
    }
  }
}
