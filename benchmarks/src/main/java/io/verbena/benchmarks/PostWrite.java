package io.verbena.benchmarks;

import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.SendBatch;
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
 * Posting writes of 8 bytes, each with a doorbell of its own. Requests must retire too: the last of
 * {@value #BATCH} is signaled, and one poll after it makes room for the next batch. Both sides do
 * that alike, and both carry {@code 1/128} of a poll in their numbers.
 *
 * <p>Once with the bytes named by address and key, once with the bytes inside the request.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PostWrite {
  private static final int BATCH = 128;
  private static final int DEPTH = 2 * BATCH;
  private static final int BATCHES_PER_CALL = 1000;
  private static final int WORDS = 8;

  /** {@code IBV_SEND_INLINE}. */
  private static final int INLINE_FLAG = 8;

  /** A queue pair of ours. */
  @State(Scope.Thread)
  public static class Ours {
    private final Context context;
    private final CompletionQueue queue;
    private final MemoryRegion region;
    private final QueuePair pair;
    private final long remoteAddress;
    private final int remoteKey;

    /** Opens everything; the queue pair is connected to itself. */
    public Ours() {
      try {
        context = StubLibrary.open();
        ProtectionDomain domain = context.createDomain();
        queue = context.createCompletionQueue(2 * DEPTH);
        region = domain.allocate(WORDS * Long.BYTES);
        pair =
            domain.createQueuePair(
                QueuePairConfig.reliable(queue)
                    .withSendDepth(DEPTH)
                    .withReceiveDepth(DEPTH)
                    .withInlineBytes(Long.BYTES));
        pair.connect(pair.address(1, 0));
      } catch (VerbsException e) {
        throw new UncheckedIOException(e);
      }
      remoteAddress = region.address();
      remoteKey = region.rkey();
    }

    private void post(boolean inline) throws VerbsException {
      SendBatch sends = pair.sends();
      for (int i = 0; i < BATCH; i++) {
        if (i == BATCH - 1) {
          sends.signaled();
        }
        if (inline) {
          sends.inline();
        }
        long offset = (long) (i & WORDS - 1) * Long.BYTES;
        if (!sends.write(i, region, offset, Long.BYTES, remoteAddress, remoteKey).submit()) {
          throw new IllegalStateException("the send queue is full");
        }
      }
      Completions done = queue.poll();
      if (!done.next() || !done.succeeded() || done.id() != BATCH - 1 || done.next()) {
        throw new IllegalStateException("one request of a batch completes, the last");
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
    private final Baseline baseline = new Baseline(DEPTH);

    /** Opens everything. */
    public InC() {}

    private void post(int flags) {
      if (baseline.post(BATCHES_PER_CALL, BATCH, flags) != 0) {
        throw new IllegalStateException("a post in C failed");
      }
    }

    /** Closes everything. */
    @TearDown
    public void close() {
      baseline.close();
    }
  }

  /** For JMH. */
  public PostWrite() {}

  /**
   * {@code sends().write(...).submit()}.
   *
   * @param state the queue pair
   * @throws VerbsException if the stub fails
   */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void ours(Ours state) throws VerbsException {
    state.post(false);
  }

  /**
   * {@code sends().inline().write(...).submit()}.
   *
   * @param state the queue pair
   * @throws VerbsException if the stub fails
   */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void oursInline(Ours state) throws VerbsException {
    state.post(true);
  }

  /**
   * Fills in the request and calls {@code ibv_post_send}.
   *
   * @param state the queue pair
   */
  @Benchmark
  @OperationsPerInvocation(BATCHES_PER_CALL * BATCH)
  public void inC(InC state) {
    state.post(0);
  }

  /**
   * The same with {@code IBV_SEND_INLINE}.
   *
   * @param state the queue pair
   */
  @Benchmark
  @OperationsPerInvocation(BATCHES_PER_CALL * BATCH)
  public void inCInline(InC state) {
    state.post(INLINE_FLAG);
  }
}
