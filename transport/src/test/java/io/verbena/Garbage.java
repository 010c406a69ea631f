package io.verbena;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/** How much heap the current thread allocates. */
public final class Garbage {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Garbage() {}

  /** Something that a program does over and over. */
  @FunctionalInterface
  public interface Action {
    /** Does it once. */
    void run() throws IOException;
  }

  /**
   * Does something in rounds, until one allocates no more than is hoped for: what is loaded and
   * compiled in the first ones counts for nothing.
   *
   * @param hoped bytes of a round
   * @param most rounds
   * @param times how often in each round
   * @param action what to do
   * @return the bytes that a round allocated at least: what belongs to the action is in all of
   *     them, the JVM's own is not
   */
  public static long leastOfRounds(long hoped, int most, int times, Action action)
      throws IOException {
    long least = Long.MAX_VALUE;
    for (int round = 0; round < most && least > hoped; round++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < times; i++) {
        action.run();
      }
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }
}
