package io.verbena.collective;

import java.util.Set;
import java.util.function.Function;

/** The ways of doing each collective. */
enum Algorithm {
  BARRIER_DISSEMINATION(Collective.BARRIER, Barrier::dissemination),
  BARRIER_RECURSIVE_DOUBLING(Collective.BARRIER, Barrier::doubling),

  BROADCAST_BINOMIAL(Collective.BROADCAST, TreeBroadcast::binomial),
  BROADCAST_SCATTER_ALL_GATHER(Collective.BROADCAST, ScatterAllGatherBroadcast::plan),
  BROADCAST_CHAIN(Collective.BROADCAST, TreeBroadcast::chain),

  /** Combines from the root on, round to the rank before it. */
  REDUCE_BINOMIAL(Collective.REDUCE, TreeReduce::binomial, Trait.COMMUTATIVE),
  REDUCE_BINOMIAL_ORDERED(Collective.REDUCE, TreeReduce::ordered, Trait.FIXED_EXPRESSION),
  REDUCE_CHAIN(Collective.REDUCE, TreeReduce::chain, Trait.COMMUTATIVE),
  REDUCE_RABENSEIFNER(Collective.REDUCE, RabenseifnerReduce::toRoot),

  ALL_REDUCE_RECURSIVE_DOUBLING(Collective.ALL_REDUCE, DoublingAllReduce::plan),
  ALL_REDUCE_RABENSEIFNER(Collective.ALL_REDUCE, RabenseifnerReduce::all),
  ALL_REDUCE_RING(Collective.ALL_REDUCE, RingReduce::all, Trait.COMMUTATIVE),
  /** A reduction to rank 0, then a broadcast. */
  ALL_REDUCE_TREE(Collective.ALL_REDUCE, Algorithm::reduceThenBroadcast, Trait.FIXED_EXPRESSION),
  ALL_REDUCE_FIXED_TREE(Collective.ALL_REDUCE, FixedTreeReduce::all, Trait.FIXED_EXPRESSION),

  GATHER_BINOMIAL(Collective.GATHER, Gather::binomial, Trait.EQUAL_BLOCKS),
  GATHER_LINEAR(Collective.GATHER, Gather::linear),

  SCATTER_BINOMIAL(Collective.SCATTER, Scatter::binomial, Trait.EQUAL_BLOCKS),
  SCATTER_LINEAR(Collective.SCATTER, Scatter::linear),

  ALL_GATHER_RING(Collective.ALL_GATHER, AllGather::ring),
  ALL_GATHER_RECURSIVE_DOUBLING(Collective.ALL_GATHER, AllGather::doubling),
  ALL_GATHER_BRUCK(Collective.ALL_GATHER, AllGather::bruck),

  ALL_TO_ALL_BRUCK(Collective.ALL_TO_ALL, AllToAll::bruck, Trait.EQUAL_BLOCKS),
  ALL_TO_ALL_PAIRWISE(Collective.ALL_TO_ALL, AllToAll::pairwise),

  REDUCE_SCATTER_RECURSIVE_HALVING(
      Collective.REDUCE_SCATTER, HalvingReduceScatter::plan, Trait.COMMUTATIVE),
  REDUCE_SCATTER_RING(Collective.REDUCE_SCATTER, RingReduce::scatter, Trait.COMMUTATIVE),
  REDUCE_SCATTER_PAIRWISE(Collective.REDUCE_SCATTER, PairwiseReduceScatter::plan),
  REDUCE_SCATTER_FIXED_TREE(
      Collective.REDUCE_SCATTER, FixedTreeReduce::scatter, Trait.FIXED_EXPRESSION),

  SCAN_RECURSIVE_DOUBLING(Collective.SCAN, Scan::doubling),
  SCAN_LINEAR(Collective.SCAN, Scan::linear, Trait.FIXED_EXPRESSION),

  EXCLUSIVE_SCAN_RECURSIVE_DOUBLING(Collective.EXCLUSIVE_SCAN, Scan::exclusiveDoubling),
  EXCLUSIVE_SCAN_LINEAR(Collective.EXCLUSIVE_SCAN, Scan::exclusiveLinear, Trait.FIXED_EXPRESSION);

  /** What an algorithm needs or promises. */
  enum Trait {
    /** For some numbers of ranks or roots operands are not combined in rank order. */
    COMMUTATIVE,
    /** Blocks must have one length, or every rank must know those of all. */
    EQUAL_BLOCKS,
    /**
     * Each element is combined by one expression, so to the same bits whatever the segments and the
     * root are, and whichever algorithm with this trait it is: that of {@link TreeReduce}, in scans
     * rank by rank.
     */
    FIXED_EXPRESSION
  }

  private final Collective collective;

  @SuppressWarnings("ImmutableEnumChecker") // a method without state
  private final Function<Request, Plan> planner;

  @SuppressWarnings("ImmutableEnumChecker") // Set.of
  private final Set<Trait> traits;

  Algorithm(Collective collective, Function<Request, Plan> planner, Trait... traits) {
    this.collective = collective;
    this.planner = planner;
    this.traits = Set.of(traits);
  }

  Collective collective() {
    return collective;
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }

  /** As in the choice table: without the collective's name. */
  String label() {
    return Labels.of(this).substring(collective.label().length() + 1);
  }

  Plan plan(Request request) {
    return planner.apply(request);
  }

  private static Plan reduceThenBroadcast(Request request) {
    Plan plan = new Plan();
    Tree tree = Tree.binomial(request.ranks(), 0, request.rank());
    TreeReduce.add(plan, tree, request.own(), request.output(), request.segment());
    TreeBroadcast.add(plan, tree, request.output(), request.segment());
    return plan;
  }
}
