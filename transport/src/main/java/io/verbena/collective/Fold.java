package io.verbena.collective;

/**
 * Makes any number of ranks a power of two: of each of the first pairs of neighbours one hands its
 * part to the other, which goes on for both. Those who go on have an index; the ranks that an index
 * stands for are consecutive and rise with the index, so the order of operands is kept.
 */
final class Fold {
  private static final int NOBODY = -1;

  /** How many go on: a power of two. */
  final int size;

  private final int rank;
  private final int pairs;
  private final int kept;

  Fold(int ranks, int rank) {
    this(ranks, rank, NOBODY);
  }

  /** With one rank that must go on. */
  Fold(int ranks, int rank, int kept) {
    this.size = Integer.highestOneBit(ranks);
    this.rank = rank;
    this.pairs = ranks - size;
    this.kept = kept;
  }

  /** How many times the size is halved until one is left. */
  int levels() {
    return Integer.numberOfTrailingZeros(size);
  }

  boolean isPaired() {
    return rank < 2 * pairs;
  }

  /** The other one of the pair. */
  int partner() {
    return rank ^ 1;
  }

  boolean partnerIsFirst() {
    return partner() < rank;
  }

  boolean goesOn() {
    return rank(index()) == rank;
  }

  int index() {
    return index(rank);
  }

  int index(int ofRank) {
    return ofRank < 2 * pairs ? ofRank / 2 : ofRank - pairs;
  }

  /** The rank that goes on with this index. */
  int rank(int index) {
    if (index >= pairs) {
      return index + pairs;
    }
    return kept == 2 * index + 1 ? kept : 2 * index;
  }

  /** The first of the ranks for which this index stands. */
  int firstRank(int index) {
    return index < pairs ? 2 * index : index + pairs;
  }

  /**
   * One of a pair sends its vector, the other adds it to its own.
   *
   * @return where the rank's part is now
   */
  Span join(Plan plan, Span own, Span sum, Span theirs) {
    if (!isPaired()) {
      return own;
    }
    if (!goesOn()) {
      plan.add(1, (step, out) -> out.send(partner(), own));
      return own;
    }
    plan.add(1, (step, out) -> out.receive(partner(), theirs));
    plan.add(1, (step, out) -> out.reduce(own, theirs, partnerIsFirst(), sum));
    return sum;
  }

  /** Those who went on hand the result to their partners. */
  void part(Plan plan, Span result) {
    if (!isPaired()) {
      return;
    }
    if (goesOn()) {
      plan.add(1, (step, out) -> out.send(partner(), result));
    } else {
      plan.add(1, (step, out) -> out.receive(partner(), result));
    }
  }
}
