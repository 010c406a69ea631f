package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final Span INPUT = Area.INPUT.at(0, 4);
  private static final Span OUTPUT = Area.OUTPUT.at(0, 4);
  private static final Span SCRATCH = Area.SCRATCH.at(0, 4);

  private static boolean startsEarly(Consumer<Rounds> before, Consumer<Rounds> after) {
    Plan plan = new Plan();
    plan.add(1, (step, out) -> before.accept(out));
    plan.add(1, (step, out) -> after.accept(out));
    return plan.compile().startsEarly(1);
  }

  @Test
  void shouldStartARoundEarlyThatHasNothingToDoWithTheOneBefore() {
    Consumer<Rounds> before =
        out -> {
          out.receive(1, OUTPUT);
          out.send(1, INPUT);
          out.reduce(INPUT, SCRATCH.first(4), SCRATCH);
        };
    assertTrue(startsEarly(before, out -> out.send(1, INPUT)));
    assertTrue(startsEarly(before, out -> out.receive(1, Area.OUTPUT.at(4, 1))));
    assertTrue(startsEarly(before, out -> out.copy(SCRATCH, OUTPUT)), "steps have no early start");
  }

  @Test
  void shouldNotStartARoundEarlyThatNeedsTheOneBefore() {
    assertFalse(startsEarly(out -> out.receive(1, OUTPUT), out -> out.send(1, OUTPUT.part(3, 1))));
    assertFalse(startsEarly(out -> out.copy(INPUT, OUTPUT), out -> out.send(1, OUTPUT.first(1))));
    assertFalse(startsEarly(out -> out.awaitSignal(1), out -> out.signal(1)));
  }

  @Test
  void shouldNotStartARoundEarlyThatOverwritesWhatTheOneBeforeUses() {
    Consumer<Rounds> receive = out -> out.receive(1, OUTPUT.part(1, 2));
    assertFalse(startsEarly(receive, receive));
    assertFalse(startsEarly(out -> out.send(1, OUTPUT), receive));
    assertFalse(startsEarly(out -> out.copy(OUTPUT, SCRATCH), receive));
    assertFalse(startsEarly(out -> out.reduce(INPUT, OUTPUT, SCRATCH), receive));
    assertFalse(startsEarly(out -> out.reduce(SCRATCH, INPUT, OUTPUT), receive));
  }

  /** Of a long ring nearly all rounds that reduce; the rest wait for what they hand on. */
  @Test
  void shouldStartMostRoundsOfASegmentedRingEarly() {
    int segments = 10;
    Request request = Request.of(Algorithm.ALL_REDUCE_RING, 5, 5 * 80).withSegment(8);
    Schedule schedule = request.at(3).compile();
    int early = 0;
    for (int round = 1; round < schedule.rounds(); round++) {
      early += schedule.startsEarly(round) ? 1 : 0;
    }
    assertTrue(early >= 4 * segments - 1, early + " of " + schedule.rounds());
  }

  @Test
  void shouldLeaveOutRoundsWithNothingToDo() {
    Schedule schedule = Request.of(Algorithm.ALL_REDUCE_RABENSEIFNER, 8, 1).at(7).compile();
    for (int round = 0; round < schedule.rounds(); round++) {
      int things =
          schedule.sends().end(round)
              - schedule.sends().begin(round)
              + schedule.receives().end(round)
              - schedule.receives().begin(round)
              + schedule.steps().end(round)
              - schedule.steps().begin(round);
      assertTrue(things > 0);
    }
    assertEquals(0, Request.of(Algorithm.ALL_REDUCE_RING, 8, 0).compile().rounds());
  }

  @Test
  void shouldSayHowMuchMemoryItTakes() {
    Schedule schedule = Request.of(Algorithm.ALL_REDUCE_RECURSIVE_DOUBLING, 2, 9).compile();
    assertEquals(9, schedule.inputLength());
    assertEquals(9, schedule.outputLength());
    assertEquals(9, schedule.scratchLength());
    Schedule inPlace =
        Request.of(Algorithm.ALL_REDUCE_RECURSIVE_DOUBLING, 2, 9).withInPlace(true).compile();
    assertEquals(0, inPlace.inputLength());
  }
}
