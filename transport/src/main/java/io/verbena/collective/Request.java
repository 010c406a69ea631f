package io.verbena.collective;

import org.jspecify.annotations.Nullable;

/**
 * All that a schedule depends on, and so the key of a cache of them.
 *
 * <p>What INPUT and OUTPUT are, in elements ({@code n} is the count, {@code p} the number of
 * ranks):
 *
 * <ul>
 *   <li>broadcast: the root's INPUT (n), everybody else's OUTPUT (n); the caller's one vector is
 *       both
 *   <li>reduce: INPUT n, at the root OUTPUT n; all-reduce and the scans: INPUT n, OUTPUT n (after
 *       an exclusive scan rank 0's is as it was)
 *   <li>gather: INPUT n, at the root OUTPUT the blocks; scatter the other way round
 *   <li>all-gather: INPUT n, OUTPUT the blocks; reduce-scatter the other way round
 *   <li>all-to-all: INPUT the blocks for each rank, OUTPUT those from each rank
 * </ul>
 *
 * <p>The blocks are p times n, or the given ones: of gather, scatter, all-gather and reduce-scatter
 * one for each rank, the same on all ranks (linear gather and scatter read no other rank's block
 * except at the root); of all-to-all {@code blocks} lie in INPUT and {@code arrivals} in OUTPUT,
 * and only the lengths of what two ranks exchange must agree. Of reduce-scatter they are packed.
 *
 * <p>In place, OUTPUT holds what INPUT would, at the start: reduce at the root, all-reduce, the
 * scans, reduce-scatter and all-to-all. Of all-gather, and of gather at the root, it holds the
 * rank's block in its place; of scatter at the root the block stays in INPUT.
 *
 * @param count elements of the vector, or of one block where there are no {@code blocks}
 * @param segment elements of a segment of algorithms that work in segments, 0 for the whole
 */
record Request(
    Algorithm algorithm,
    int ranks,
    int rank,
    int root,
    long count,
    long segment,
    boolean inPlace,
    @Nullable Blocks givenBlocks,
    @Nullable Blocks givenArrivals) {

  Request {
    if (ranks < 1 || rank < 0 || rank >= ranks || root < 0 || root >= ranks) {
      throw new IllegalArgumentException(
          "rank %d of %d ranks, root %d".formatted(rank, ranks, root));
    }
    if (count < 0 || segment < 0) {
      throw new IllegalArgumentException("%d elements in segments of %d".formatted(count, segment));
    }
    checkParts(givenBlocks, ranks);
    checkParts(givenArrivals, ranks);
  }

  private static void checkParts(@Nullable Blocks blocks, int ranks) {
    if (blocks != null && blocks.parts() != ranks) {
      throw new IllegalArgumentException(
          "%d blocks for %d ranks: there must be one for each".formatted(blocks.parts(), ranks));
    }
  }

  static Request of(Algorithm algorithm, int ranks, long count) {
    return new Request(algorithm, ranks, 0, 0, count, 0, false, null, null);
  }

  Request at(int newRank) {
    return new Request(
        algorithm, ranks, newRank, root, count, segment, inPlace, givenBlocks, givenArrivals);
  }

  Request withRoot(int newRoot) {
    return new Request(
        algorithm, ranks, rank, newRoot, count, segment, inPlace, givenBlocks, givenArrivals);
  }

  Request withSegment(long newSegment) {
    return new Request(
        algorithm, ranks, rank, root, count, newSegment, inPlace, givenBlocks, givenArrivals);
  }

  Request withInPlace(boolean newInPlace) {
    return new Request(
        algorithm, ranks, rank, root, count, segment, newInPlace, givenBlocks, givenArrivals);
  }

  Request withBlocks(Blocks blocks) {
    return withBlocks(blocks, blocks);
  }

  Request withBlocks(Blocks blocks, Blocks arrivals) {
    return new Request(algorithm, ranks, rank, root, count, segment, inPlace, blocks, arrivals);
  }

  Blocks blocks() {
    return givenBlocks == null ? Blocks.equal(ranks, count) : givenBlocks;
  }

  Blocks arrivals() {
    return givenArrivals == null ? Blocks.equal(ranks, count) : givenArrivals;
  }

  Span input() {
    return Area.INPUT.at(0, count);
  }

  Span output() {
    return Area.OUTPUT.at(0, count);
  }

  /** The rank's own vector: its contribution, if that is a vector. */
  Span own() {
    return inPlace ? output() : input();
  }

  boolean isRoot() {
    return rank == root;
  }

  /** The rank's number when counting starts at the root. */
  int fromRoot() {
    return Math.floorMod(rank - root, ranks);
  }

  /** The rank so many further on, or back, rank 0 following the last one. */
  int neighbour(int distance) {
    return (int) Math.floorMod((long) rank + distance, (long) ranks);
  }

  Plan plan() {
    return algorithm.plan(this);
  }

  Schedule compile() {
    return plan().compile();
  }
}
