package io.verbena.collective;

/**
 * Reduce and all-reduce of long vectors: all ranks reduce a part each, then gather the parts. Twice
 * the vector passes each adapter; operands are combined in rank order.
 */
final class RabenseifnerReduce {
  private RabenseifnerReduce() {}

  static Plan all(Request request) {
    Plan plan = new Plan();
    Fold fold = new Fold(request.ranks(), request.rank());
    Span result = request.output();
    if (reduceScatter(plan, fold, request.own(), result)) {
      new Halving(fold, request.count()).allGather(plan, result);
    }
    fold.part(plan, result);
    return plan;
  }

  static Plan toRoot(Request request) {
    Plan plan = new Plan();
    Fold fold = new Fold(request.ranks(), request.rank(), request.root());
    Span sum =
        request.isRoot() ? request.output() : plan.scratch(fold.goesOn() ? request.count() : 0);
    if (reduceScatter(plan, fold, TreeReduce.own(request), sum)) {
      new Halving(fold, request.count()).gather(plan, request.root(), sum);
    }
    return plan;
  }

  /** Whether this rank goes on. */
  private static boolean reduceScatter(Plan plan, Fold fold, Span own, Span sum) {
    if (!fold.goesOn()) {
      fold.join(plan, own, sum, own);
      return false;
    }
    if (fold.size == 1) {
      plan.add(1, (step, out) -> out.copy(own, sum));
      return true;
    }
    long count = own.length();
    Halving halving = new Halving(fold, count);
    Span theirs = plan.scratch(fold.isPaired() ? count : halving.longestPart());
    Span joined = fold.join(plan, own, sum, theirs);
    halving.reduceScatter(plan, joined, sum, theirs);
    return true;
  }
}
