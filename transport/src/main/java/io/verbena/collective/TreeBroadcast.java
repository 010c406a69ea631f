package io.verbena.collective;

/**
 * A vector handed down a tree, segment by segment: while a rank receives one, it sends the one
 * before. Short vectors go down a binomial tree in one piece, long ones down a chain.
 */
final class TreeBroadcast {
  private TreeBroadcast() {}

  static Plan binomial(Request request) {
    return plan(request, Tree.binomial(request.ranks(), request.root(), request.rank()));
  }

  static Plan chain(Request request) {
    return plan(request, Tree.chain(request.ranks(), request.root(), request.rank()));
  }

  private static Plan plan(Request request, Tree tree) {
    Plan plan = new Plan();
    add(plan, tree, request.isRoot() ? request.input() : request.output(), request.segment());
    return plan;
  }

  /** Adds the broadcast of a vector, which the root has. */
  static void add(Plan plan, Tree tree, Span vector, long segment) {
    Blocks segments = Blocks.segments(vector.length(), segment);
    int count = segments.parts();
    if (!tree.hasParent()) {
      plan.add(count, (step, out) -> hand(tree, segments.of(vector, step), out));
      return;
    }
    plan.add(
        tree.isLeaf() ? count : count + 1,
        (step, out) -> {
          if (step < count) {
            out.receive(tree.parent(), segments.of(vector, step));
          }
          if (step > 0) {
            hand(tree, segments.of(vector, step - 1), out);
          }
        });
  }

  /** The largest tree first: it takes longest. */
  private static void hand(Tree tree, Span segment, Rounds out) {
    for (int i = tree.children().length - 1; i >= 0; i--) {
      out.send(tree.children()[i], segment);
    }
  }
}
