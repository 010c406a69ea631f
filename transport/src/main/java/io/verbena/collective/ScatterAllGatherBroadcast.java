package io.verbena.collective;

/**
 * Van de Geijn's broadcast: the vector is scattered down a binomial tree, then all ranks gather the
 * blocks around a ring. Twice the vector passes each adapter, whatever the number of ranks. Nobody
 * receives a block that the scatter left with it, the root none at all.
 */
final class ScatterAllGatherBroadcast {
  private ScatterAllGatherBroadcast() {}

  static Plan plan(Request request) {
    Plan plan = new Plan();
    int ranks = request.ranks();
    int self = request.fromRoot();
    int reach = Tree.reach(ranks, self);
    Span vector = request.isRoot() ? request.input() : request.output();
    Blocks blocks = Blocks.split(ranks, request.count());
    Tree tree = Tree.binomial(ranks, request.root(), request.rank());
    if (tree.hasParent()) {
      plan.add(
          1, (step, out) -> out.receive(tree.parent(), blocks.packed(vector, self, self + reach)));
    }
    plan.add(
        1,
        (step, out) -> {
          for (int i = tree.children().length - 1; i >= 0; i--) {
            int child = self + (1 << i);
            int end = child + Tree.reach(ranks, child);
            out.send(tree.children()[i], blocks.packed(vector, child, end));
          }
        });
    int next = (self + 1) % ranks;
    plan.add(
        ranks - 1,
        (step, out) -> {
          int arriving = Math.floorMod(self - step - 1, ranks);
          if (!has(self, reach, arriving)) {
            out.receive(request.neighbour(-1), blocks.of(vector, arriving));
          }
          int leaving = Math.floorMod(self - step, ranks);
          if (!has(next, Tree.reach(ranks, next), leaving)) {
            out.send(request.neighbour(1), blocks.of(vector, leaving));
          }
        });
    return plan;
  }

  private static boolean has(int self, int reach, int block) {
    return block >= self && block < self + reach;
  }
}
