package io.verbena.collective;

/** Gather: the root gets a block from each rank. */
final class Gather {
  /** So many messages to or from one rank are under way at a time. */
  static final int WINDOW = 32;

  private Gather() {}

  /** Straight to the root, in windows. */
  static Plan linear(Request request) {
    Plan plan = new Plan();
    Blocks blocks = request.blocks();
    int rank = request.rank();
    Span own = Area.INPUT.at(0, blocks.length(rank));
    if (!request.isRoot()) {
      plan.add(1, (step, out) -> out.send(request.root(), own));
      return plan;
    }
    Span all = Area.OUTPUT.at(0, blocks.extent());
    plan.add(
        Math.ceilDiv(request.ranks(), WINDOW),
        (step, out) -> {
          int end = Math.min(request.ranks(), WINDOW * (step + 1));
          for (int peer = WINDOW * step; peer < end; peer++) {
            if (peer != rank) {
              out.receive(peer, blocks.of(all, peer));
            }
          }
          if (step == 0) {
            keep(request, own, blocks.of(all, rank), out);
          }
        });
    return plan;
  }

  /**
   * Up a binomial tree; each rank hands on the blocks of its part of the tree, packed. Every rank
   * must know all blocks.
   */
  static Plan binomial(Request request) {
    Plan plan = new Plan();
    Subtree subtree = new Subtree(request);
    Blocks blocks = request.blocks();
    Span own = Area.INPUT.at(0, blocks.length(request.rank()));
    Span all = Area.OUTPUT.at(0, request.isRoot() ? blocks.extent() : 0);
    Span packed = plan.scratch(subtree.keepsPacked() ? subtree.length() : 0);
    if (request.isRoot() || !subtree.tree.isLeaf()) {
      plan.add(
          1,
          (step, out) -> {
            for (int i = 0; i < subtree.tree.children().length; i++) {
              int child = subtree.tree.children()[i];
              subtree.ofChild(i, packed, all, piece -> out.receive(child, piece));
            }
            if (request.isRoot()) {
              keep(request, own, blocks.of(all, request.rank()), out);
            } else {
              out.copy(own, packed.first(own.length()));
            }
          });
    }
    if (subtree.tree.hasParent()) {
      Span mine = subtree.tree.isLeaf() ? own : packed;
      plan.add(
          1,
          (step, out) -> subtree.toParent(mine, piece -> out.send(subtree.tree.parent(), piece)));
    }
    return plan;
  }

  private static void keep(Request request, Span own, Span place, Rounds out) {
    if (!request.inPlace()) {
      out.copy(own, place);
    }
  }
}
