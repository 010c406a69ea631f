package io.verbena.collective;

/**
 * Reduce-scatter by recursive halving: in each round a rank gives away the half of its blocks that
 * the ranks of the other half are to have. The few rounds of a tree, each half as long as the last.
 */
final class HalvingReduceScatter {
  private final Request request;
  private final Blocks blocks;
  private final Fold fold;
  private final Span sum;

  private HalvingReduceScatter(Request request, Fold fold, Span sum) {
    this.request = request;
    this.blocks = request.blocks();
    this.fold = fold;
    this.sum = sum;
  }

  static Plan plan(Request request) {
    Plan plan = new Plan();
    Fold fold = new Fold(request.ranks(), request.rank());
    long total = request.blocks().total();
    if (fold.size > 2) {
      plan.commute();
    }
    Span own = PairwiseReduceScatter.own(plan, request);
    Span result = Area.OUTPUT.at(0, request.blocks().length(request.rank()));
    if (request.ranks() == 1) {
      plan.add(1, (step, out) -> out.copy(own, result));
      return plan;
    }
    Span sum = plan.scratch(fold.goesOn() ? total : 0);
    Span theirs = plan.scratch(fold.goesOn() ? total : 0);
    Span joined = fold.join(plan, own, sum, theirs);
    var halving = new HalvingReduceScatter(request, fold, sum);
    if (fold.goesOn()) {
      halving.exchange(plan, joined, theirs);
    }
    if (fold.isPaired()) {
      Span partners = fold.goesOn() ? halving.ranks(sum, fold.partner()) : result;
      plan.add(
          1,
          (step, out) -> {
            if (fold.goesOn()) {
              out.send(fold.partner(), partners);
            } else {
              out.receive(fold.partner(), partners);
            }
          });
    }
    return plan;
  }

  private Span ranks(Span vector, int rank) {
    return blocks.packed(vector, rank, rank + 1);
  }

  /** The blocks of the ranks for which so many indices stand, around this one. */
  private Span around(Span vector, int index, int width) {
    int first = index - index % width;
    return blocks.packed(vector, fold.firstRank(first), fold.firstRank(first + width));
  }

  private void exchange(Plan plan, Span first, Span theirs) {
    int index = fold.index();
    plan.add(
        2 * fold.levels(),
        (step, out) -> {
          int width = fold.size >> (step / 2 + 1);
          int peer = index ^ width;
          Span own = step < 2 ? first : sum;
          Span mine = around(own, index, width);
          Span arrived = theirs.first(mine.length());
          if (step % 2 == 0) {
            out.receive(fold.rank(peer), arrived);
            out.send(fold.rank(peer), around(own, peer, width));
          } else if (width > 1) {
            out.reduce(mine, arrived, peer < index, around(sum, index, width));
          } else {
            finish(own, arrived, peer < index, out);
          }
        });
  }

  /** In the last round each block goes where it belongs: the rank's own one into the result. */
  private void finish(Span own, Span arrived, boolean theirsFirst, Rounds out) {
    long at = 0;
    int index = fold.index();
    for (int rank = fold.firstRank(index); rank < fold.firstRank(index + 1); rank++) {
      long length = blocks.length(rank);
      Span target = rank == request.rank() ? Area.OUTPUT.at(0, length) : ranks(sum, rank);
      out.reduce(ranks(own, rank), arrived.part(at, length), theirsFirst, target);
      at += length;
    }
  }
}
