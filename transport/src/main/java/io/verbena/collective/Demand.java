package io.verbena.collective;

/**
 * What a {@link ChoiceTable} is asked. Every rank of a collective must ask the same.
 *
 * @param bytes as the table's text says
 * @param commutative whether operands may be reordered; true where nothing is reduced
 * @param equalBlocks whether blocks are of one length; true where there are none
 * @param fixedExpression whether results must have the same bits whatever is chosen
 */
record Demand(
    Collective collective,
    int ranks,
    long bytes,
    boolean commutative,
    boolean equalBlocks,
    boolean fixedExpression) {

  static Demand of(Collective collective, int ranks, long bytes) {
    return new Demand(collective, ranks, bytes, true, true, false);
  }

  Demand ordered() {
    return new Demand(collective, ranks, bytes, false, equalBlocks, fixedExpression);
  }

  Demand ofUnequalBlocks() {
    return new Demand(collective, ranks, bytes, commutative, false, fixedExpression);
  }

  Demand withFixedExpression() {
    return new Demand(collective, ranks, bytes, commutative, equalBlocks, true);
  }

  /** Whether an algorithm can do what is asked for. */
  boolean allows(Algorithm algorithm) {
    return algorithm.collective() == collective
        && (commutative || !algorithm.has(Algorithm.Trait.COMMUTATIVE))
        && (equalBlocks || !algorithm.has(Algorithm.Trait.EQUAL_BLOCKS))
        && (!fixedExpression || !reduces() || algorithm.has(Algorithm.Trait.FIXED_EXPRESSION));
  }

  private boolean reduces() {
    return switch (collective) {
      case REDUCE, ALL_REDUCE, REDUCE_SCATTER, SCAN, EXCLUSIVE_SCAN -> true;
      case BARRIER, BROADCAST, GATHER, SCATTER, ALL_GATHER, ALL_TO_ALL -> false;
    };
  }

  /** The conditions, as a message about a table that lacks a line for them has them. */
  String conditions() {
    return "%s operator, blocks of %s%s"
        .formatted(
            commutative ? "commutative" : "non-commutative",
            equalBlocks ? "one length" : "different lengths",
            fixedExpression ? ", results bitwise the same" : "");
  }
}
