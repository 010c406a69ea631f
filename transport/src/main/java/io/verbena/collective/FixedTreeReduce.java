package io.verbena.collective;

/**
 * All-reduce and reduce-scatter of long vectors by the expression of the binomial tree over ranks
 * (see {@link TreeReduce}): the same bits for any block, segment and algorithm that keeps to that
 * tree. Each rank receives its block from every other one and combines neighbours in rank order as
 * soon as both sides of a node are there, while others arrive. It takes scratch memory for all of
 * them, as long as the vector.
 */
final class FixedTreeReduce {
  private final int ranks;
  private final int rank;
  private final Span mine;
  private final Span slots;
  private final Span result;

  private FixedTreeReduce(Request request, Span mine, Span slots, Span result) {
    this.ranks = request.ranks();
    this.rank = request.rank();
    this.mine = mine;
    this.slots = slots;
    this.result = result;
  }

  static Plan all(Request request) {
    Plan plan = new Plan();
    Blocks blocks = Blocks.split(request.ranks(), request.count());
    Span output = request.output();
    Span reduced = blocks.of(output, request.rank());
    reduceScatter(plan, request, blocks, request.own(), reduced);
    new Ring(request, blocks, request.rank()).allGather(plan, reduced, output);
    return plan;
  }

  static Plan scatter(Request request) {
    Plan plan = new Plan();
    Blocks blocks = request.blocks();
    Span own = PairwiseReduceScatter.own(plan, request);
    Span result = Area.OUTPUT.at(0, blocks.length(request.rank()));
    reduceScatter(plan, request, blocks, own, result);
    return plan;
  }

  private static void reduceScatter(
      Plan plan, Request request, Blocks blocks, Span own, Span result) {
    int rank = request.rank();
    int last = request.ranks() - 1;
    Span mine = blocks.of(own, rank);
    if (last == 0) {
      plan.add(1, (step, out) -> out.copy(mine, result));
      return;
    }
    Span slots = plan.scratch(Math.multiplyExact(last + 1L, mine.length()));
    var tree = new FixedTreeReduce(request, mine, slots, result);
    plan.add(
        last + 1,
        (step, out) -> {
          int distance = step + 1;
          if (distance <= last) {
            out.receive(request.neighbour(-distance), tree.slot(request.neighbour(-distance)));
            int peer = request.neighbour(distance);
            out.send(peer, blocks.of(own, peer));
          }
          tree.combine(step, out);
        });
  }

  private Span slot(int ofRank) {
    return slots.part(ofRank * mine.length(), mine.length());
  }

  /** Combines what the arrival at this distance completes: nodes above the rank that it is from. */
  private void combine(int distance, Rounds out) {
    int arrived = Math.floorMod(rank - distance, ranks);
    for (int width = 2; width / 2 < ranks; width *= 2) {
      int first = arrived - arrived % width;
      int middle = first + width / 2;
      int end = Math.min(first + width, ranks);
      if (middle < end && complete(first, end) == distance) {
        Span target = width >= ranks ? result : slot(first);
        out.reduce(place(first, middle), place(middle, end), target);
      }
    }
  }

  /** The distance of the last arrival from these ranks; lower ranks come in falling order first. */
  private int complete(int first, int end) {
    return first <= rank && rank < end - 1 ? ranks - 1 : Math.floorMod(rank - first, ranks);
  }

  private Span place(int first, int end) {
    return end - first == 1 && first == rank ? mine : slot(first);
  }
}
