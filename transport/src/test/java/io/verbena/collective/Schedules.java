package io.verbena.collective;

import java.util.ArrayList;
import java.util.List;

/**
 * What must be true of the schedules of all ranks together. {@link Execution} proves the rest: that
 * they end, and that their messages match.
 */
final class Schedules {
  private Schedules() {}

  /** Fails if a round of any rank may not be executed as {@link Schedule} says. */
  static void check(List<Schedule> ranks, long[][] inputs, long[][] outputs) {
    for (int rank = 0; rank < ranks.size(); rank++) {
      Schedule schedule = ranks.get(rank);
      var sizes = new long[] {inputs[rank].length, outputs[rank].length, schedule.scratchLength()};
      for (int round = 0; round < schedule.rounds(); round++) {
        String where = "rank %d, round %d: ".formatted(rank, round);
        checkRound(where, schedule, round, sizes);
        checkPeers(where, schedule.sends(), round, rank, ranks.size());
        checkPeers(where, schedule.receives(), round, rank, ranks.size());
      }
    }
  }

  private static void checkPeers(String where, Transfers transfers, int round, int rank, int size) {
    for (int row = transfers.begin(round); row < transfers.end(round); row++) {
      int peer = transfers.peer(row);
      require(peer >= 0 && peer < size && peer != rank, where + "peer " + peer);
    }
  }

  private static void checkRound(String where, Schedule schedule, int round, long[] sizes) {
    List<Span> sent = spans(schedule.sends(), round);
    List<Span> received = spans(schedule.receives(), round);
    Steps steps = schedule.steps();
    require(
        sent.size() + received.size() + steps.end(round) - steps.begin(round) > 0,
        where + "nothing to do");
    for (int i = 0; i < received.size(); i++) {
      Span into = received.get(i);
      checkBounds(where + "receive ", into, sizes);
      require(into.area() != Area.INPUT, where + "receives into INPUT");
      for (Span other : received.subList(0, i)) {
        require(!into.overlaps(other), where + "two receives into " + into);
      }
      for (Span from : sent) {
        require(!into.overlaps(from), where + "sends from " + from + ", receives into " + into);
      }
    }
    for (Span from : sent) {
      checkBounds(where + "send ", from, sizes);
    }
    for (int row = steps.begin(round); row < steps.end(round); row++) {
      checkStep(where + "step ", steps, row, sizes);
      for (Span touched : touched(steps, row)) {
        for (Span into : received) {
          require(!touched.overlaps(into), where + "a step touches what arrives: " + touched);
        }
      }
      for (Span from : sent) {
        require(
            !steps.targetSpan(row).overlaps(from), where + "a step writes what leaves: " + from);
      }
    }
  }

  private static void checkStep(String where, Steps steps, int row, long[] sizes) {
    Span target = steps.targetSpan(row);
    require(target.area() != Area.INPUT, where + "writes INPUT");
    require(target.length() > 0, where + "is empty");
    checkBounds(where, target, sizes);
    for (Span operand : operands(steps, row)) {
      checkBounds(where, operand, sizes);
      boolean same = operand.equals(target) && !steps.isCopy(row);
      require(same || !operand.overlaps(target), where + operand + " overlaps " + target);
    }
  }

  private static List<Span> touched(Steps steps, int row) {
    List<Span> touched = new ArrayList<>(operands(steps, row));
    touched.add(steps.targetSpan(row));
    return touched;
  }

  private static List<Span> operands(Steps steps, int row) {
    return steps.isCopy(row)
        ? List.of(steps.leftSpan(row))
        : List.of(steps.leftSpan(row), steps.rightSpan(row));
  }

  private static void checkBounds(String where, Span span, long[] sizes) {
    require(span.offset() + span.length() <= sizes[span.area().number], where + "outside: " + span);
  }

  private static List<Span> spans(Transfers transfers, int round) {
    List<Span> spans = new ArrayList<>();
    for (int row = transfers.begin(round); row < transfers.end(round); row++) {
      spans.add(transfers.span(row));
    }
    return spans;
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }
}
