package io.verbena.collective;

/** In each round a rank hears of twice as many as it knew of before. */
final class Barrier {
  private Barrier() {}

  /** In round k each rank signals the one 2^k further on. */
  static Plan dissemination(Request request) {
    Plan plan = new Plan();
    plan.add(
        rounds(request),
        (round, out) -> {
          out.awaitSignal(request.neighbour(-(1 << round)));
          out.signal(request.neighbour(1 << round));
        });
    return plan;
  }

  /**
   * In round k ranks at distance 2^k signal each other: half as many connections, and who is waited
   * for was waiting, too. Without a partner for each it is dissemination.
   */
  static Plan doubling(Request request) {
    if (Integer.bitCount(request.ranks()) != 1) {
      return dissemination(request);
    }
    Plan plan = new Plan();
    plan.add(
        rounds(request),
        (round, out) -> {
          int peer = request.rank() ^ 1 << round;
          out.awaitSignal(peer);
          out.signal(peer);
        });
    return plan;
  }

  private static int rounds(Request request) {
    return 32 - Integer.numberOfLeadingZeros(request.ranks() - 1);
  }
}
