package io.verbena.collective;

/**
 * Scans: each rank gets what the ranks up to it have, combined in rank order; in an exclusive scan
 * without its own.
 */
final class Scan {
  private Scan() {}

  /** In round k each rank hands what it has so far to the one 2^k further on. */
  static Plan doubling(Request request) {
    Plan plan = new Plan();
    Span own = request.own();
    Span result = request.output();
    Span theirs = plan.scratch(request.rank() == 0 ? 0 : request.count());
    plan.add(
        2 * rounds(request),
        (step, out) -> {
          int distance = 1 << (step / 2);
          Span mine = step < 2 || request.rank() == 0 ? own : result;
          if (step % 2 == 0) {
            exchange(request, distance, mine, theirs, out);
          } else if (request.rank() >= distance) {
            out.reduce(theirs, mine, result);
          }
        });
    if (request.rank() == 0) {
      plan.add(1, (step, out) -> out.copy(own, result));
    }
    return plan;
  }

  /** As the inclusive one, which it needs to hand on, and beside it the result. */
  static Plan exclusiveDoubling(Request request) {
    Plan plan = new Plan();
    boolean isFirst = request.rank() == 0;
    Span own =
        isFirst ? request.own() : PairwiseReduceScatter.copied(plan, request, request.count());
    Span result = request.output();
    Span sum = plan.scratch(isFirst ? 0 : request.count());
    Span theirs = plan.scratch(isFirst ? 0 : request.count());
    plan.add(
        2 * rounds(request),
        (step, out) -> {
          int distance = 1 << (step / 2);
          Span mine = step < 2 || isFirst ? own : sum;
          Span arriving = step < 2 ? result : theirs;
          if (step % 2 == 0) {
            exchange(request, distance, mine, arriving, out);
          } else if (request.rank() >= distance) {
            if (request.rank() + 2 * distance < request.ranks()) {
              out.reduce(arriving, mine, sum);
            }
            if (step > 2) {
              out.reduce(theirs, result, result);
            }
          }
        });
    return plan;
  }

  private static int rounds(Request request) {
    return 32 - Integer.numberOfLeadingZeros(request.ranks() - 1);
  }

  private static void exchange(Request request, int distance, Span mine, Span theirs, Rounds out) {
    if (request.rank() >= distance) {
      out.receive(request.rank() - distance, theirs);
    }
    if (request.rank() + distance < request.ranks()) {
      out.send(request.rank() + distance, mine);
    }
  }

  /** From rank to rank, segment by segment: a segment arrives, one is combined, one leaves. */
  static Plan linear(Request request) {
    return linear(request, request.own(), false);
  }

  static Plan exclusiveLinear(Request request) {
    return linear(request, request.own(), true);
  }

  private static Plan linear(Request request, Span given, boolean exclusive) {
    Plan plan = new Plan();
    Span result = request.output();
    int next = request.rank() + 1;
    boolean isLast = next == request.ranks();
    Blocks segments = Blocks.segments(request.count(), request.segment());
    int count = segments.parts();
    if (request.rank() == 0) {
      plan.add(
          isLast ? 1 : count,
          (step, out) -> {
            if (!isLast) {
              out.send(next, segments.of(given, step));
            }
            if (!exclusive && step == 0) {
              out.copy(given, result);
            }
          });
      return plan;
    }
    Span own = exclusive ? PairwiseReduceScatter.copied(plan, request, request.count()) : given;
    Span arriving = exclusive ? result : plan.scratch(request.count());
    Span leaving = exclusive ? plan.scratch(isLast ? 0 : request.count()) : result;
    plan.add(
        count + 2,
        (step, out) -> {
          if (step < count) {
            out.receive(request.rank() - 1, segments.of(arriving, step));
          }
          if (step >= 1 && step <= count && !(exclusive && isLast)) {
            out.reduce(
                segments.of(arriving, step - 1),
                segments.of(own, step - 1),
                segments.of(leaving, step - 1));
          }
          if (step >= 2 && !isLast) {
            out.send(next, segments.of(leaving, step - 2));
          }
        });
    return plan;
  }
}
