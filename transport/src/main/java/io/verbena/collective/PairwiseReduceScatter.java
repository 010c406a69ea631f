package io.verbena.collective;

/**
 * Each rank receives its block from every other one, from the one before it first, and combines
 * them in rank order, each while the next one arrives: those of lower ranks from the left, those of
 * higher ranks, which come later, apart.
 */
final class PairwiseReduceScatter {
  private PairwiseReduceScatter() {}

  static Plan plan(Request request) {
    Plan plan = new Plan();
    Blocks blocks = request.blocks();
    Span own = own(plan, request);
    int rank = request.rank();
    int last = request.ranks() - 1;
    Span mine = blocks.packed(own, rank, rank + 1);
    Span low = Area.OUTPUT.at(0, mine.length());
    if (last == 0) {
      plan.add(1, (step, out) -> out.copy(mine, low));
      return plan;
    }
    Span high = plan.scratch(mine.length());
    // One is combined, one arrives, one may start early.
    Span slots = plan.scratch(3 * mine.length());
    plan.add(
        last + 1,
        (step, out) -> {
          int distance = step + 1;
          if (distance <= last) {
            out.receive(
                request.neighbour(-distance),
                distance == rank + 1 ? high : slot(slots, distance, mine.length()));
            int peer = request.neighbour(distance);
            out.send(peer, blocks.packed(own, peer, peer + 1));
          }
          Span arrived = slot(slots, step, mine.length());
          if (step >= 1 && step <= rank) {
            out.reduce(arrived, step == 1 ? mine : low, low);
          } else if (step > rank + 1) {
            out.reduce(arrived, high, high);
          }
          if (step == last && rank < last) {
            out.reduce(rank == 0 ? mine : low, high, low);
          }
        });
    return plan;
  }

  private static Span slot(Span slots, int distance, long length) {
    return slots.part(distance % 3 * length, length);
  }

  /**
   * What the rank contributes. In place, the result would fall on it before all of it was read: a
   * copy is made.
   */
  static Span own(Plan plan, Request request) {
    Blocks blocks = request.blocks();
    if (!blocks.isPacked()) {
      throw new IllegalArgumentException("reduce-scatter of blocks with gaps: " + blocks);
    }
    return copied(plan, request, blocks.total());
  }

  /** The rank's INPUT, or in place a copy of what OUTPUT has at the start. */
  static Span copied(Plan plan, Request request, long length) {
    if (!request.inPlace()) {
      return Area.INPUT.at(0, length);
    }
    Span copy = plan.scratch(length);
    plan.add(1, (step, out) -> out.copy(Area.OUTPUT.at(0, length), copy));
    return copy;
  }
}
