package io.verbena.benchmarks;

import io.verbena.collective.Blocks;
import io.verbena.collective.CollectiveOperation;
import io.verbena.collective.Collectives;
import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import io.verbena.collective.Reduction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** A rank's part in an exercise, with memory of its own that has the size that was asked for. */
final class RankPart {
  private static final int ALIGNMENT = 64;
  private static final int THERE = 1;
  private static final int BACK = 2;

  /** Does it once. */
  interface Step {
    void run() throws IOException;
  }

  private final Communicator world;
  private final Exercise exercise;
  private final Elements in;
  private final Elements out;
  private final Elements allIn;
  private final Elements allOut;
  private final Blocks shares;
  private final boolean areSharesEqual;

  /**
   * A part with memory.
   *
   * @param bytes of a message, or a rank's block, or of the vector that is reduced
   * @param arena stays open as long as the part is used
   */
  RankPart(Communicator world, Exercise exercise, long bytes, Arena arena) {
    this.world = world;
    this.exercise = exercise;
    ValueLayout layout = exercise.isOfNumbers() ? ValueLayout.JAVA_FLOAT : ValueLayout.JAVA_BYTE;
    int size = world.size();
    long[] lengths = new long[size];
    long count = bytes / layout.byteSize();
    Arrays.setAll(lengths, rank -> count / size + (rank < count % size ? 1 : 0));
    shares = Blocks.of(lengths);
    areSharesEqual = count % size == 0;
    long share = lengths[world.rank()] * layout.byteSize();
    in = elements(arena, bytes, layout);
    out = elements(arena, exercise == Exercise.REDUCE_SCATTER ? share : bytes, layout);
    allIn = elements(arena, bytes * size, layout);
    allOut = elements(arena, bytes * size, layout);
  }

  private static Elements elements(Arena arena, long bytes, MemoryLayout layout) {
    return Elements.of(arena.allocate(bytes, ALIGNMENT), layout);
  }

  /** As a program does it that has nothing else to do meanwhile, and as MPI's programs do. */
  Step blocking() {
    return switch (exercise) {
      case LATENCY -> latency();
      case STREAM -> window(isFirst(), !isFirst());
      case BOTH_WAYS -> window(true, true);
      default -> () -> call(world);
    };
  }

  /** Of an operation that is prepared once; only collectives. */
  Step prepared() {
    CollectiveOperation operation = call(world.preparing());
    return () -> operation.start().await();
  }

  private <T, X extends Exception> T call(Collectives<T, X> how) throws X {
    return switch (exercise) {
      case BARRIER -> how.barrier();
      case BROADCAST -> how.broadcast(in, 0);
      case REDUCE -> how.reduce(in, atRoot(out), Reduction.SUM, 0);
      case ALL_REDUCE -> how.allReduce(in, out, Reduction.SUM);
      case GATHER -> how.gather(in, atRoot(allOut), 0);
      case SCATTER -> how.scatter(atRoot(allIn), out, 0);
      case ALL_GATHER -> how.allGather(in, allOut);
      case ALL_TO_ALL -> how.allToAll(allIn, allOut);
      case REDUCE_SCATTER ->
          areSharesEqual
              ? how.reduceScatter(in, out, Reduction.SUM)
              : how.reduceScatter(in, out, shares, Reduction.SUM);
      case SCAN -> how.scan(in, out, Reduction.SUM);
      case LATENCY, STREAM, BOTH_WAYS -> throw new IllegalStateException("messages: " + exercise);
    };
  }

  private Elements atRoot(Elements elements) {
    return world.rank() == 0 ? elements : Elements.none();
  }

  private boolean isFirst() {
    return world.rank() % 2 == 0;
  }

  /** Pairs are 0 and 1, 2 and 3, and so on. */
  private int partner() {
    return world.rank() ^ 1;
  }

  private Step latency() {
    int partner = partner();
    if (isFirst()) {
      return () -> {
        world.send(in, partner, THERE);
        world.receive(out, partner, THERE);
      };
    }
    return () -> {
      world.receive(out, partner, THERE);
      world.send(in, partner, THERE);
    };
  }

  /** Messages one way, or both ways, and a short one back: then all have come. */
  private Step window(boolean sends, boolean receives) {
    int partner = partner();
    Elements word = Elements.of(new byte[4]);
    CollectiveOperation[] sent = new CollectiveOperation[sends ? Exercise.WINDOW : 0];
    CollectiveOperation[] received = new CollectiveOperation[receives ? Exercise.WINDOW : 0];
    return () -> {
      for (int i = 0; i < received.length; i++) {
        received[i] = world.startReceive(out, partner, THERE);
      }
      for (int i = 0; i < sent.length; i++) {
        sent[i] = world.startSend(in, partner, THERE);
      }
      await(sent);
      await(received);
      if (isFirst()) {
        world.receive(word, partner, BACK);
      } else {
        world.send(word, partner, BACK);
      }
    };
  }

  private static void await(CollectiveOperation... operations) throws IOException {
    for (CollectiveOperation each : operations) {
      each.await();
    }
  }
}
