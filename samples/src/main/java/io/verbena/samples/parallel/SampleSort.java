package io.verbena.samples.parallel;

import io.verbena.collective.Blocks;
import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Sorts numbers that are spread over the ranks: samples of all say which rank gets which part of
 * the numbers, and each sorts what it got.
 */
@Command(
    name = "sample-sort",
    description = "Numbers sorted by all ranks: each gets its part of them from all others.")
public final class SampleSort extends ParallelSample {
  private static final int MOST = 1 << 28;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "How many each rank has (${DEFAULT-VALUE}).")
  private int count = 200_000;

  /** Creates the command, for picocli. */
  public SampleSort() {}

  @Override
  void check() {
    require(count >= 1 && count <= 10_000_000, "--count is 1 to 10000000");
  }

  @Override
  boolean run(Communicator world) throws IOException {
    int size = world.size();
    if ((long) count * size > MOST) {
      throw new IOException(
          "%d numbers are too many: at most %d".formatted((long) count * size, MOST));
    }
    long[] mine = numbers(world.rank());
    long started = System.nanoTime();
    Arrays.sort(mine);
    long[] leaving = counts(mine, splitters(world, mine));
    long[] arriving = new long[size];
    world.allToAll(Elements.of(leaving), Elements.of(arriving));
    long[] part = new long[Math.toIntExact(LongStream.of(arriving).sum())];
    world.allToAll(Elements.of(mine), Blocks.of(leaving), Elements.of(part), Blocks.of(arriving));
    Arrays.sort(part);
    long nanos = System.nanoTime() - started;
    long[] lengths = new long[size];
    world.allGather(Elements.of((long) part.length), Elements.of(lengths));
    boolean isRoot = world.rank() == 0;
    long[] sorted = new long[isRoot ? count * size : 0];
    Elements all = isRoot ? Elements.of(sorted) : Elements.none();
    world.gather(Elements.of(part), all, Blocks.of(lengths), 0);
    if (!isRoot) {
      return true;
    }
    long[] alone = new long[count * size];
    for (int rank = 0; rank < size; rank++) {
      System.arraycopy(numbers(rank), 0, alone, rank * count, count);
    }
    Arrays.sort(alone);
    boolean right = Arrays.equals(alone, sorted);
    return report(world, right, "%d numbers sorted".formatted(sorted.length), nanos);
  }

  private long[] numbers(int rank) {
    return new Random(rank).longs(count).toArray();
  }

  /** The least number of each rank but the first. */
  private static long[] splitters(Communicator world, long[] sorted) throws IOException {
    int size = world.size();
    long[] samples = new long[size];
    for (int i = 0; i < size; i++) {
      samples[i] = sorted[(int) ((long) i * sorted.length / size)];
    }
    long[] all = new long[size * size];
    world.allGather(Elements.of(samples), Elements.of(all));
    Arrays.sort(all);
    long[] splitters = new long[size - 1];
    for (int i = 1; i < size; i++) {
      splitters[i - 1] = all[i * size];
    }
    return splitters;
  }

  /** How many numbers go to each rank. */
  private static long[] counts(long[] sorted, long[] splitters) {
    long[] counts = new long[splitters.length + 1];
    int begin = 0;
    for (int rank = 0; rank < counts.length; rank++) {
      int end = sorted.length;
      if (rank < splitters.length) {
        int found = Arrays.binarySearch(sorted, splitters[rank]);
        end = Math.max(begin, found < 0 ? -found - 1 : found);
      }
      counts[rank] = (long) end - begin;
      begin = end;
    }
    return counts;
  }
}
