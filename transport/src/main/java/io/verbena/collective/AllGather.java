package io.verbena.collective;

/** All-gather: every rank gets a block from each rank. */
final class AllGather {
  private AllGather() {}

  private static Span own(Request request, Span all) {
    return request.inPlace()
        ? request.blocks().of(all, request.rank())
        : Area.INPUT.at(0, request.blocks().length(request.rank()));
  }

  /** Around a ring: p - 1 rounds, straight into place. */
  static Plan ring(Request request) {
    Plan plan = new Plan();
    Blocks blocks = request.blocks();
    Span all = Area.OUTPUT.at(0, blocks.extent());
    new Ring(request, blocks, request.rank()).allGather(plan, own(request, all), all);
    return plan;
  }

  /** Neighbours exchange what they have, then pairs of them, and so on. */
  static Plan doubling(Request request) {
    Plan plan = new Plan();
    Blocks blocks = request.blocks();
    Fold fold = new Fold(request.ranks(), request.rank());
    Span all = Area.OUTPUT.at(0, blocks.extent());
    int index = fold.index();
    Span own = own(request, all);
    plan.add(1, (step, out) -> out.copy(own, blocks.of(all, request.rank())));
    if (fold.isPaired()) {
      plan.add(
          1,
          (step, out) -> {
            if (fold.goesOn()) {
              out.receive(fold.partner(), blocks.of(all, fold.partner()));
            } else {
              out.send(fold.partner(), blocks.of(all, request.rank()));
            }
          });
    }
    plan.add(
        fold.goesOn() ? fold.levels() : 0,
        (step, out) -> {
          int width = 1 << step;
          int peer = index ^ width;
          int theirs = peer - peer % width;
          int mine = index - index % width;
          blocks.pieces(
              all,
              fold.firstRank(theirs),
              fold.firstRank(theirs + width),
              piece -> out.receive(fold.rank(peer), piece));
          blocks.pieces(
              all,
              fold.firstRank(mine),
              fold.firstRank(mine + width),
              piece -> out.send(fold.rank(peer), piece));
        });
    if (fold.isPaired()) {
      plan.add(1, (step, out) -> handBack(fold, blocks, all, out));
    }
    return plan;
  }

  /** All but the partner's own block, which it has. */
  private static void handBack(Fold fold, Blocks blocks, Span all, Rounds out) {
    int other = fold.goesOn() ? fold.partner() : fold.partner() + 1;
    for (int part = 0; part < 2; part++) {
      int from = part == 0 ? 0 : other + 1;
      int to = part == 0 ? other : blocks.parts();
      if (fold.goesOn()) {
        blocks.pieces(all, from, to, piece -> out.send(fold.partner(), piece));
      } else {
        blocks.pieces(all, from, to, piece -> out.receive(fold.partner(), piece));
      }
    }
  }

  /**
   * Bruck's algorithm: each rank collects, from its own block on, 1, 2, 4... blocks in scratch
   * memory and turns them into place at the end. The fewest rounds for any number of ranks.
   */
  static Plan bruck(Request request) {
    Plan plan = new Plan();
    Blocks blocks = request.blocks();
    int ranks = request.ranks();
    int rank = request.rank();
    Span all = Area.OUTPUT.at(0, blocks.extent());
    Span turned = plan.scratch(blocks.total());
    Span own = own(request, all);
    plan.add(1, (step, out) -> out.copy(own, turned.first(own.length())));
    plan.add(
        32 - Integer.numberOfLeadingZeros(ranks - 1),
        (step, out) -> {
          int have = 1 << step;
          int more = Math.min(have, ranks - have);
          int from = request.neighbour(have);
          long start = blocks.around(rank, have);
          out.receive(from, turned.part(start, blocks.around(from, more)));
          out.send(request.neighbour(-have), turned.first(blocks.around(rank, more)));
        });
    plan.add(
        1,
        (step, out) -> {
          long[] at = {0};
          blocks.pieces(all, rank, ranks, piece -> unpack(turned, at, piece, out));
          blocks.pieces(all, 0, rank, piece -> unpack(turned, at, piece, out));
        });
    return plan;
  }

  private static void unpack(Span turned, long[] at, Span piece, Rounds out) {
    out.copy(turned.part(at[0], piece.length()), piece);
    at[0] += piece.length();
  }
}
