package io.verbena.collective;

/**
 * What goes around a ring: each rank sends to the next and receives from the one before, a block in
 * each turn. Only 1/p of the vector is on its way at a time, and each adapter sends it once.
 */
final class Ring {
  private final Request request;
  private final Blocks blocks;
  private final int start;

  /**
   * A ring.
   *
   * @param start the block that the rank sends first
   */
  Ring(Request request, Blocks blocks, int start) {
    this.request = request;
    this.blocks = blocks;
    this.start = start;
  }

  private int leaving(int turn) {
    return Math.floorMod(start - turn, request.ranks());
  }

  private int arriving(int turn) {
    return leaving(turn + 1);
  }

  /**
   * Every rank gets every block of a vector.
   *
   * @param own what the rank sends first, wherever it is; it is copied into its place meanwhile
   */
  void allGather(Plan plan, Span own, Span vector) {
    plan.add(
        Math.max(1, request.ranks() - 1),
        (turn, out) -> {
          if (request.ranks() > 1) {
            out.receive(request.neighbour(-1), blocks.of(vector, arriving(turn)));
            out.send(request.neighbour(1), turn == 0 ? own : blocks.of(vector, leaving(turn)));
          }
          if (turn == 0) {
            out.copy(own, blocks.of(vector, start));
          }
        });
  }

  /** Where a ring that reduces has things. */
  interface Places {
    /** A block as this rank contributes it. */
    Span own(int block);

    /** Memory for a segment that arrives; used until the segment after it has arrived. */
    Span incoming(int turn, int segment, Span result);

    /** Where the rank combines a block, which it sends in the next turn. */
    Span result(int turn, int block);
  }

  /**
   * Each rank gets the result of one block: the last one that arrives. Segments are combined while
   * the next ones arrive.
   */
  void reduceScatter(Plan plan, Places places) {
    int turns = request.ranks() - 1;
    if (turns > 0) {
      plan.commute();
    }
    int segments = Blocks.segments(blocks.longest(), request.segment()).parts();
    if (segments == 1) {
      plan.add(
          2 * turns,
          (step, out) -> {
            if (step % 2 == 0) {
              transfer(places, step / 2, 0, 1, out);
            } else {
              combine(places, step / 2, 0, 1, out);
            }
          });
      return;
    }
    plan.add(
        turns == 0 ? 0 : Math.addExact(Math.multiplyExact(turns, segments), 1),
        (step, out) -> {
          if (step < turns * segments) {
            transfer(places, step / segments, step % segments, segments, out);
          }
          if (step > 0) {
            combine(places, (step - 1) / segments, (step - 1) % segments, segments, out);
          }
        });
  }

  private void transfer(Places places, int turn, int segment, int segments, Rounds out) {
    Span arriving = cut(places.result(turn, arriving(turn)), segment, segments);
    out.receive(request.neighbour(-1), places.incoming(turn, segment, arriving));
    Span leaving = turn == 0 ? places.own(leaving(0)) : places.result(turn - 1, leaving(turn));
    out.send(request.neighbour(1), cut(leaving, segment, segments));
  }

  private void combine(Places places, int turn, int segment, int segments, Rounds out) {
    Span result = cut(places.result(turn, arriving(turn)), segment, segments);
    Span own = cut(places.own(arriving(turn)), segment, segments);
    out.reduce(places.incoming(turn, segment, result), own, result);
  }

  private static Span cut(Span block, int segment, int segments) {
    return Blocks.split(segments, block.length()).of(block, segment);
  }
}
