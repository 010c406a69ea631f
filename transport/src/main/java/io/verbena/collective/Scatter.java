package io.verbena.collective;

/** Scatter: each rank gets a block from the root. */
final class Scatter {
  private Scatter() {}

  /** Straight from the root, in windows. */
  static Plan linear(Request request) {
    Plan plan = new Plan();
    Blocks blocks = request.blocks();
    int rank = request.rank();
    Span own = Area.OUTPUT.at(0, blocks.length(rank));
    if (!request.isRoot()) {
      plan.add(1, (step, out) -> out.receive(request.root(), own));
      return plan;
    }
    Span all = Area.INPUT.at(0, blocks.extent());
    plan.add(
        Math.ceilDiv(request.ranks(), Gather.WINDOW),
        (step, out) -> {
          int end = Math.min(request.ranks(), Gather.WINDOW * (step + 1));
          for (int peer = Gather.WINDOW * step; peer < end; peer++) {
            if (peer != rank) {
              out.send(peer, blocks.of(all, peer));
            }
          }
          if (step == 0) {
            keep(request, blocks.of(all, rank), own, out);
          }
        });
    return plan;
  }

  /**
   * Down a binomial tree; each rank gets the blocks of its part of the tree, packed. Every rank
   * must know all blocks.
   */
  static Plan binomial(Request request) {
    Plan plan = new Plan();
    Subtree subtree = new Subtree(request);
    Blocks blocks = request.blocks();
    Span own = Area.OUTPUT.at(0, blocks.length(request.rank()));
    Span all = Area.INPUT.at(0, request.isRoot() ? blocks.extent() : 0);
    Span packed = plan.scratch(subtree.keepsPacked() ? subtree.length() : 0);
    if (subtree.tree.hasParent()) {
      Span mine = subtree.tree.isLeaf() ? own : packed;
      plan.add(
          1,
          (step, out) ->
              subtree.toParent(mine, piece -> out.receive(subtree.tree.parent(), piece)));
    }
    if (request.isRoot() || !subtree.tree.isLeaf()) {
      plan.add(
          1,
          (step, out) -> {
            for (int i = subtree.tree.children().length - 1; i >= 0; i--) {
              int child = subtree.tree.children()[i];
              subtree.ofChild(i, packed, all, piece -> out.send(child, piece));
            }
            if (request.isRoot()) {
              keep(request, blocks.of(all, request.rank()), own, out);
            } else {
              out.copy(packed.first(own.length()), own);
            }
          });
    }
    return plan;
  }

  private static void keep(Request request, Span place, Span own, Rounds out) {
    if (!request.inPlace()) {
      out.copy(place, own);
    }
  }
}
