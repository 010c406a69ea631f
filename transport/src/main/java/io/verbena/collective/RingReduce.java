package io.verbena.collective;

/** All-reduce and reduce-scatter around a ring, in segments. For long vectors. */
final class RingReduce {
  private RingReduce() {}

  /** Blocks are combined around the ring, then their results go around it. */
  static Plan all(Request request) {
    Plan plan = new Plan();
    Span own = request.own();
    Span result = request.output();
    if (request.ranks() == 1) {
      plan.add(1, (step, out) -> out.copy(own, result));
      return plan;
    }
    Blocks blocks = Blocks.split(request.ranks(), request.count());
    long longest = Blocks.segments(blocks.longest(), request.segment()).longest();
    int segments = Blocks.segments(blocks.longest(), request.segment()).parts();
    // One is combined, one arrives, one may start early.
    int slots = Math.min(segments, 3);
    Span incoming = plan.scratch(slots * longest);
    new Ring(request, blocks, request.rank())
        .reduceScatter(
            plan,
            new Ring.Places() {
              @Override
              public Span own(int block) {
                return blocks.of(own, block);
              }

              @Override
              public Span incoming(int turn, int segment, Span segmentOfResult) {
                int slot = (turn * segments + segment) % slots;
                return incoming.part(slot * longest, segmentOfResult.length());
              }

              @Override
              public Span result(int turn, int block) {
                return blocks.of(result, block);
              }
            });
    int reduced = request.neighbour(1);
    new Ring(request, blocks, reduced).allGather(plan, blocks.of(result, reduced), result);
    return plan;
  }

  /** What a rank combines and hands on needs memory of its own: two blocks, used in turn. */
  static Plan scatter(Request request) {
    Plan plan = new Plan();
    Blocks blocks = request.blocks();
    Span own = PairwiseReduceScatter.own(plan, request);
    Span result = Area.OUTPUT.at(0, blocks.length(request.rank()));
    if (request.ranks() == 1) {
      plan.add(1, (step, out) -> out.copy(own, result));
      return plan;
    }
    Span even = plan.scratch(blocks.longest());
    Span odd = plan.scratch(blocks.longest());
    int last = request.ranks() - 2;
    new Ring(request, blocks, request.neighbour(-1))
        .reduceScatter(
            plan,
            new Ring.Places() {
              @Override
              public Span own(int block) {
                return blocks.packed(own, block, block + 1);
              }

              @Override
              public Span incoming(int turn, int segment, Span segmentOfResult) {
                return segmentOfResult.area() == Area.OUTPUT
                    ? slot(turn).part(segmentOfResult.offset(), segmentOfResult.length())
                    : segmentOfResult;
              }

              @Override
              public Span result(int turn, int block) {
                return turn == last ? result : slot(turn).first(blocks.length(block));
              }

              private Span slot(int turn) {
                return turn % 2 == 0 ? even : odd;
              }
            });
    return plan;
  }
}
