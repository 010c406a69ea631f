package io.verbena.collective;

/**
 * What one rank does in one collective. Immutable, without references to memory or peers, and so
 * compiled once for a {@link Request} and used by any number of threads; executing it allocates
 * nothing.
 *
 * <p>To execute it, for each round in order:
 *
 * <ol>
 *   <li>start all its receives, in the order of the table,
 *   <li>start all its sends, in the order of the table,
 *   <li>run its steps, in the order of the table,
 *   <li>wait until all its transfers are done.
 * </ol>
 *
 * <p>The transfers of a round that {@link #startsEarly} may start right after those of the round
 * before it, ahead of its steps: then the next messages are on their way when these arrive.
 *
 * <p>The steps of a round neither touch what it receives nor write what it sends, so they run while
 * the transfers do. The messages from one rank to another match their receives in the order in
 * which both are started. A send may be taken to be done when its memory may be written again,
 * whether the peer has it or not; schedules also end if it only is when the peer has started its
 * receive.
 */
final class Schedule {
  private final Transfers sends;
  private final Transfers receives;
  private final Steps steps;
  private final int rounds;
  private final long scratch;
  private final boolean needsCommutativity;
  private final boolean[] early;
  private final long[] extents = new long[Area.COUNT];

  Schedule(Rounds written, int rounds, long scratch, boolean needsCommutativity) {
    this.sends = written.sends;
    this.receives = written.receives;
    this.steps = written.steps;
    this.rounds = rounds;
    this.scratch = scratch;
    this.needsCommutativity = needsCommutativity;
    sends.trim();
    receives.trim();
    steps.trim();
    this.early = new boolean[rounds];
    for (int round = 1; round < rounds; round++) {
      early[round] = Rounds.mayStartEarly(written, round - 1, written, round);
    }
    measure(sends);
    measure(receives);
    for (int row = 0; row < steps.count(); row++) {
      measure(steps.targetSpan(row));
      measure(steps.leftSpan(row));
      if (!steps.isCopy(row)) {
        measure(steps.rightSpan(row));
      }
    }
  }

  private void measure(Transfers transfers) {
    for (int row = 0; row < transfers.count(); row++) {
      measure(transfers.span(row));
    }
  }

  private void measure(Span span) {
    int area = span.area().number;
    extents[area] = Math.max(extents[area], span.offset() + span.length());
  }

  int rounds() {
    return rounds;
  }

  /**
   * Whether all transfers of a round may start as soon as those of the round before have, if that
   * helps. They are still started in the order of the tables, receives first.
   */
  boolean startsEarly(int round) {
    return early[round];
  }

  Transfers sends() {
    return sends;
  }

  Transfers receives() {
    return receives;
  }

  Steps steps() {
    return steps;
  }

  /** How many elements of scratch memory it takes. */
  long scratchLength() {
    return scratch;
  }

  /** How many elements of the caller's memory it reads, counted from the first. */
  long inputLength() {
    return extents[Area.INPUT.number];
  }

  /** How many elements of the caller's memory it reads or writes, counted from the first. */
  long outputLength() {
    return extents[Area.OUTPUT.number];
  }

  /** Whether operands are combined in another order than that of their ranks. */
  boolean needsCommutativity() {
    return needsCommutativity;
  }
}
