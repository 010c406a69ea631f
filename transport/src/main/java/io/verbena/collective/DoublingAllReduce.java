package io.verbena.collective;

/**
 * All-reduce by recursive doubling: in each round ranks exchange all they have with a peer at
 * distance 1, 2, 4... in rank order. The fewest rounds, for short vectors.
 */
final class DoublingAllReduce {
  private DoublingAllReduce() {}

  static Plan plan(Request request) {
    Plan plan = new Plan();
    Fold fold = new Fold(request.ranks(), request.rank());
    Span result = request.output();
    if (request.ranks() == 1) {
      plan.add(1, (step, out) -> out.copy(request.own(), result));
      return plan;
    }
    Span theirs = plan.scratch(fold.goesOn() ? request.count() : 0);
    Span joined = fold.join(plan, request.own(), result, theirs);
    if (fold.goesOn()) {
      exchange(plan, fold, joined, result, theirs);
    }
    fold.part(plan, result);
    return plan;
  }

  private static void exchange(Plan plan, Fold fold, Span first, Span result, Span theirs) {
    int index = fold.index();
    plan.add(
        2 * fold.levels(),
        (step, out) -> {
          int peer = index ^ 1 << (step / 2);
          Span mine = step < 2 ? first : result;
          if (step % 2 == 0) {
            out.receive(fold.rank(peer), theirs);
            out.send(fold.rank(peer), mine);
          } else {
            out.reduce(mine, theirs, peer < index, result);
          }
        });
  }
}
