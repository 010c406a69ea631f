package io.verbena.collective;

/** In round k each rank signals the one 2^k further on: then it knows of 2^(k+1) ranks. */
final class DisseminationBarrier {
  private DisseminationBarrier() {}

  static Plan plan(Request request) {
    Plan plan = new Plan();
    int rounds = 32 - Integer.numberOfLeadingZeros(request.ranks() - 1);
    plan.add(
        rounds,
        (round, out) -> {
          out.awaitSignal(request.neighbour(-(1 << round)));
          out.signal(request.neighbour(1 << round));
        });
    return plan;
  }
}
