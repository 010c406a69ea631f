package io.verbena.collective;

/** All-to-all: every rank has a block for each rank. */
final class AllToAll {
  private AllToAll() {}

  /**
   * Each rank sends to the next one, then to the one after it...: p - 1 rounds, nothing is sent
   * twice. The rank's own block is copied meanwhile.
   */
  static Plan pairwise(Request request) {
    Plan plan = new Plan();
    Blocks leaving = request.blocks();
    Blocks arriving = request.arrivals();
    int rank = request.rank();
    Span own = PairwiseReduceScatter.copied(plan, request, leaving.extent());
    Span result = Area.OUTPUT.at(0, arriving.extent());
    plan.add(
        Math.max(1, request.ranks() - 1),
        (step, out) -> {
          if (request.ranks() > 1) {
            int from = request.neighbour(-step - 1);
            int to = request.neighbour(step + 1);
            out.receive(from, arriving.of(result, from));
            out.send(to, leaving.of(own, to));
          }
          if (step == 0) {
            out.copy(leaving.of(own, rank), arriving.of(result, rank));
          }
        });
    return plan;
  }

  /**
   * Bruck's algorithm, for short blocks of one length: in round k all blocks whose distance has bit
   * k travel 2^k ranks together. About log p rounds, in each of which half the blocks travel.
   */
  static Plan bruck(Request request) {
    Plan plan = new Plan();
    int ranks = request.ranks();
    int rank = request.rank();
    long length = request.count();
    if (!request.blocks().equals(Blocks.equal(ranks, length))) {
      throw new IllegalArgumentException(
          "Bruck's all-to-all needs blocks of one length, not " + request.blocks());
    }
    Span input = request.inPlace() ? Area.OUTPUT.at(0, 0) : Area.INPUT.at(0, 0);
    Span own = input.area().at(0, ranks * length);
    Span result = Area.OUTPUT.at(0, ranks * length);
    Span turned = plan.scratch(ranks * length);
    Span leaving = plan.scratch(Math.ceilDiv(ranks, 2) * length);
    Span arriving = plan.scratch(Math.ceilDiv(ranks, 2) * length);
    int rounds = 32 - Integer.numberOfLeadingZeros(ranks - 1);
    plan.add(
        1,
        (step, out) -> {
          long until = (ranks - rank) * length;
          out.copy(own.part(rank * length, until), turned.first(until));
          out.copy(own.first(rank * length), turned.part(until, rank * length));
        });
    plan.add(
        3 * rounds,
        (step, out) -> {
          int bit = 1 << (step / 3);
          switch (step % 3) {
            case 0 -> travellers(ranks, length, bit, turned, leaving, out);
            case 1 -> {
              long travelling = travellers(ranks, length, bit, turned, leaving, new Rounds());
              out.receive(request.neighbour(-bit), arriving.first(travelling));
              out.send(request.neighbour(bit), leaving.first(travelling));
            }
            default -> settle(ranks, length, bit, arriving, turned, out);
          }
        });
    plan.add(
        1,
        (step, out) -> {
          for (int distance = 0; distance < ranks; distance++) {
            int from = Math.floorMod(rank - distance, ranks);
            out.copy(turned.part(distance * length, length), result.part(from * length, length));
          }
        });
    return plan;
  }

  private static long travellers(
      int ranks, long length, int bit, Span turned, Span packed, Rounds out) {
    long at = 0;
    for (int first = bit; first < ranks; first += 2 * bit) {
      long run = Math.min(bit, ranks - first) * length;
      out.copy(turned.part(first * length, run), packed.part(at, run));
      at += run;
    }
    return at;
  }

  private static void settle(
      int ranks, long length, int bit, Span packed, Span turned, Rounds out) {
    long at = 0;
    for (int first = bit; first < ranks; first += 2 * bit) {
      long run = Math.min(bit, ranks - first) * length;
      out.copy(packed.part(at, run), turned.part(first * length, run));
      at += run;
    }
  }
}
