package io.verbena.benchmarks;

import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Context;
import io.verbena.verbs.VerbsException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Looking for completions where there are none, which is what a busy loop does most of the time.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EmptyPoll {
  private static final int ENTRIES = 256;
  private static final int POLLS_PER_CALL = 100_000;

  /** A queue of ours. */
  @State(Scope.Thread)
  public static class Ours {
    private final Context context;
    private final CompletionQueue queue;

    /** Opens everything. */
    public Ours() {
      try {
        context = StubLibrary.open();
        queue = context.createCompletionQueue(ENTRIES);
      } catch (VerbsException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Closes everything. */
    @TearDown
    public void close() {
      context.close();
    }
  }

  /** The same in C. */
  @State(Scope.Thread)
  public static class InC {
    private final Baseline baseline = new Baseline(ENTRIES);

    /** Opens everything. */
    public InC() {}

    /** Closes everything. */
    @TearDown
    public void close() {
      baseline.close();
    }
  }

  /** For JMH. */
  public EmptyPoll() {}

  /**
   * The loop that the documentation of {@code Completions} shows.
   *
   * @param state the queue
   * @return false
   * @throws VerbsException if the stub fails
   */
  @Benchmark
  public boolean ours(Ours state) throws VerbsException {
    return state.queue.poll().next();
  }

  /**
   * {@code ibv_poll_cq(cq, 32, wc)}.
   *
   * @param state the queue
   * @return 0
   */
  @Benchmark
  @OperationsPerInvocation(POLLS_PER_CALL)
  public long inC(InC state) {
    return state.baseline.poll(POLLS_PER_CALL);
  }
}
