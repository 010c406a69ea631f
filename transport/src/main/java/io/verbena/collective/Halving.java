package io.verbena.collective;

/**
 * Rabenseifner's exchange among a power of two of ranks. Down: in each round a rank keeps one half
 * of its part of the vector and gives the other half to its peer, at distance 1, then 2, 4..., so
 * that operands are combined in rank order. Up: the same backwards, with results.
 */
final class Halving {
  private final Fold fold;
  private final Blocks blocks;

  Halving(Fold fold, long count) {
    this.fold = fold;
    this.blocks = Blocks.split(fold.size, count);
  }

  /** What a rank receives at most: the first half, which has the longer blocks. */
  long longestPart() {
    return blocks.before(fold.size / 2);
  }

  /** The part of the vector that an index has after so many rounds. */
  private Span part(Span vector, int index, int rounds) {
    int first = 0;
    int width = fold.size;
    for (int i = 0; i < rounds; i++) {
      width /= 2;
      if ((index >> i & 1) != 0) {
        first += width;
      }
    }
    return blocks.packed(vector, first, first + width);
  }

  /**
   * Each rank gets a part of the result.
   *
   * @param own what the rank has, which is only read unless it is {@code sum}
   * @param theirs memory for what peers send
   */
  void reduceScatter(Plan plan, Span own, Span sum, Span theirs) {
    int index = fold.index();
    plan.add(
        2 * fold.levels(),
        (step, out) -> {
          int level = step / 2;
          int peer = index ^ 1 << level;
          Span mine = part(level == 0 ? own : sum, index, level + 1);
          Span arrived = theirs.first(mine.length());
          if (step % 2 == 0) {
            out.receive(fold.rank(peer), arrived);
            out.send(fold.rank(peer), part(level == 0 ? own : sum, peer, level + 1));
          } else {
            out.reduce(mine, arrived, peer < index, part(sum, index, level + 1));
          }
        });
  }

  void allGather(Plan plan, Span sum) {
    int index = fold.index();
    plan.add(
        fold.levels(),
        (step, out) -> {
          int level = fold.levels() - 1 - step;
          int peer = index ^ 1 << level;
          out.receive(fold.rank(peer), part(sum, peer, level + 1));
          out.send(fold.rank(peer), part(sum, index, level + 1));
        });
  }

  void gather(Plan plan, int root, Span sum) {
    int index = fold.index();
    int different = index ^ fold.index(root);
    plan.add(
        fold.levels(),
        (step, out) -> {
          int level = fold.levels() - 1 - step;
          int peer = index ^ 1 << level;
          if (different >> level == 1) {
            out.send(fold.rank(peer), part(sum, index, level + 1));
          } else if (different >> level == 0) {
            out.receive(fold.rank(peer), part(sum, peer, level + 1));
          }
        });
  }
}
