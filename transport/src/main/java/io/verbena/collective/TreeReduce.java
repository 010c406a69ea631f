package io.verbena.collective;

/**
 * Vectors combined up a tree, segment by segment: while a rank receives from one child, it combines
 * what the last one sent, and sends up what is complete.
 *
 * <p>A binomial tree with rank 0 at its top combines in rank order, each element by the same
 * expression whatever the segments are: the ranks in neighbouring pairs, the pairs in pairs, and so
 * on, at the end what there is.
 */
final class TreeReduce {
  private TreeReduce() {}

  static Plan binomial(Request request) {
    Plan plan = new Plan();
    Tree tree = Tree.binomial(request.ranks(), request.root(), request.rank());
    addToRoot(plan, request, tree);
    return plan;
  }

  static Plan chain(Request request) {
    Plan plan = new Plan();
    addToRoot(plan, request, Tree.chain(request.ranks(), request.root(), request.rank()));
    return plan;
  }

  private static void addToRoot(Plan plan, Request request, Tree tree) {
    if (request.root() != 0) {
      plan.commute();
    }
    add(plan, tree, own(request), sum(plan, request, tree), request.segment());
  }

  /** Up to rank 0, which sends the result to the root. */
  static Plan ordered(Request request) {
    Plan plan = new Plan();
    Tree tree = Tree.binomial(request.ranks(), 0, request.rank());
    Span sum = sum(plan, request, tree);
    add(plan, tree, own(request), sum, request.segment());
    if (request.root() != 0 && request.rank() == 0) {
      plan.add(1, (step, out) -> out.send(request.root(), sum));
    } else if (request.root() != 0 && request.isRoot()) {
      plan.add(1, (step, out) -> out.receive(0, request.output()));
    }
    return plan;
  }

  /** Of a reduction only the root's request can be in place. */
  static Span own(Request request) {
    return request.isRoot() ? request.own() : request.input();
  }

  private static Span sum(Plan plan, Request request, Tree tree) {
    if (request.isRoot()) {
      return request.output();
    }
    return plan.scratch(tree.isLeaf() ? 0 : request.count());
  }

  /**
   * Adds the reduction; leaves do not use {@code sum}.
   *
   * @param own what the rank contributes
   * @param sum where it combines, and where the top of the tree finds the result
   */
  static void add(Plan plan, Tree tree, Span own, Span sum, long segment) {
    Blocks segments = Blocks.segments(own.length(), segment);
    int children = tree.children().length;
    if (tree.isLeaf()) {
      if (tree.hasParent()) {
        plan.add(segments.parts(), (step, out) -> out.send(tree.parent(), segments.of(own, step)));
      } else {
        plan.add(1, (step, out) -> out.copy(own, sum));
      }
      return;
    }
    int arrivals = Math.multiplyExact(segments.parts(), children);
    Span even = plan.scratch(segments.longest());
    Span odd = arrivals == 1 ? even : plan.scratch(segments.longest());
    plan.add(
        arrivals + (tree.hasParent() ? 2 : 1),
        (step, out) -> {
          if (step < arrivals) {
            long length = segments.length(step / children);
            Span slot = step % 2 == 0 ? even : odd;
            out.receive(tree.children()[step % children], slot.first(length));
          }
          int arrived = step - 1;
          if (arrived >= 0 && arrived < arrivals) {
            Span into = segments.of(sum, arrived / children);
            Span mine = arrived % children == 0 ? segments.of(own, arrived / children) : into;
            Span slot = arrived % 2 == 0 ? even : odd;
            out.reduce(mine, slot.first(into.length()), into);
          }
          int combined = step - 1;
          if (tree.hasParent() && combined >= children && combined % children == 0) {
            out.send(tree.parent(), segments.of(sum, combined / children - 1));
          }
        });
  }
}
