package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The checker finds what it is there to find. */
class SchedulesTest {
  private static final Span INPUT = Area.INPUT.at(0, 4);
  private static final Span OUTPUT = Area.OUTPUT.at(0, 4);
  private static final Span SCRATCH = Area.SCRATCH.at(0, 4);

  @SafeVarargs
  private static Schedule schedule(Consumer<Rounds>... rounds) {
    Rounds out = new Rounds();
    int count = 0;
    for (Consumer<Rounds> round : rounds) {
      round.accept(out);
      out.endRound();
      count++;
    }
    return new Schedule(out, count, 4, false);
  }

  private static void check(Schedule... ranks) {
    long[][] inputs = new long[ranks.length][4];
    long[][] outputs = new long[ranks.length][4];
    Schedules.check(List.of(ranks), inputs, outputs);
    Execution.run(List.of(ranks), inputs, outputs, Long::sum, Execution.Timing.STEPS_LAST);
    Arrays.stream(inputs).forEach(input -> assertTrue(Arrays.equals(input, new long[4])));
  }

  private static void shouldFind(String what, Schedule... ranks) {
    AssertionError found = assertThrows(AssertionError.class, () -> check(ranks));
    assertTrue(found.getMessage().contains(what), found.getMessage());
  }

  @Test
  void shouldAcceptAnExchangeWithAStepBesideIt() {
    Schedule[] ranks = new Schedule[2];
    for (int rank = 0; rank < 2; rank++) {
      int peer = 1 - rank;
      ranks[rank] =
          schedule(
              out -> {
                out.receive(peer, OUTPUT);
                out.send(peer, INPUT);
                out.copy(INPUT, SCRATCH);
              },
              out -> out.reduce(SCRATCH, OUTPUT, OUTPUT));
    }
    check(ranks);
  }

  @Test
  void shouldFindLengthsThatDiffer() {
    shouldFind(
        "is sent into",
        schedule(out -> out.send(1, INPUT)),
        schedule(out -> out.receive(0, OUTPUT.first(3))));
  }

  @Test
  void shouldFindMessagesInTheWrongOrder() {
    shouldFind(
        "is sent into",
        schedule(out -> out.send(1, INPUT.first(1)), out -> out.send(1, INPUT.first(3))),
        schedule(
            out -> {
              out.receive(0, OUTPUT.first(3));
              out.receive(0, OUTPUT.part(3, 1));
            }));
  }

  @Test
  void shouldFindAMessageThatNobodyReceives() {
    shouldFind(
        "nobody can go on: [rank 0 in round 0]", schedule(out -> out.send(1, INPUT)), schedule());
  }

  @Test
  void shouldFindAMessageThatNobodySends() {
    shouldFind(
        "nobody can go on: [rank 1 in round 1]",
        schedule(out -> out.send(1, INPUT)),
        schedule(out -> out.receive(0, OUTPUT), out -> out.receive(0, OUTPUT)));
  }

  @Test
  void shouldFindRanksThatWaitForEachOther() {
    Schedule[] ranks = new Schedule[3];
    for (int rank = 0; rank < 3; rank++) {
      int next = (rank + 1) % 3;
      int previous = (rank + 2) % 3;
      ranks[rank] = schedule(out -> out.send(next, INPUT), out -> out.receive(previous, OUTPUT));
    }
    shouldFind("rank 0 in round 0, rank 1 in round 0, rank 2 in round 0", ranks);
  }

  @Test
  void shouldFindAMessageToItself() {
    shouldFind("peer 0", schedule(out -> out.send(0, INPUT)));
    shouldFind("peer 1", schedule(out -> out.receive(1, OUTPUT)));
  }

  @Test
  void shouldFindWhatTouchesTheMemoryOfAnotherTransfer() {
    Schedule sender = schedule(out -> out.send(1, INPUT), out -> out.send(1, INPUT));
    shouldFind(
        "two receives",
        sender,
        schedule(
            out -> {
              out.receive(0, OUTPUT);
              out.receive(0, OUTPUT);
            }));
    Schedule both =
        schedule(
            out -> {
              out.receive(1, OUTPUT);
              out.send(1, OUTPUT.part(3, 1));
            });
    shouldFind("receives into", both, both);
  }

  @Test
  void shouldFindAStepThatTouchesWhatArrivesOrLeaves() {
    Schedule sender = schedule(out -> out.send(1, INPUT));
    Consumer<Rounds> receive = out -> out.receive(0, OUTPUT);
    shouldFind(
        "touches what arrives",
        sender,
        schedule(receive.andThen(out -> out.copy(OUTPUT.part(3, 1), SCRATCH.first(1)))));
    shouldFind(
        "touches what arrives",
        sender,
        schedule(receive.andThen(out -> out.reduce(INPUT, OUTPUT, SCRATCH))));
    shouldFind(
        "touches what arrives", sender, schedule(receive.andThen(out -> out.copy(INPUT, OUTPUT))));
    shouldFind(
        "writes what leaves",
        schedule(
            out -> {
              out.send(1, SCRATCH);
              out.copy(INPUT, SCRATCH);
            }),
        schedule(receive));
  }

  @Test
  void shouldFindThatInputIsWritten() {
    shouldFind(
        "receives into INPUT",
        schedule(out -> out.send(1, INPUT)),
        schedule(out -> out.receive(0, INPUT)));
    shouldFind("writes INPUT", schedule(out -> out.copy(OUTPUT, INPUT)));
    shouldFind("writes INPUT", schedule(out -> out.reduce(INPUT, OUTPUT, INPUT)));
  }

  @Test
  void shouldFindWhatIsOutside() {
    Span outside = Area.OUTPUT.at(2, 3);
    shouldFind("outside", schedule(out -> out.send(1, outside)), schedule());
    shouldFind("outside", schedule(out -> out.receive(1, outside)), schedule());
    shouldFind("outside", schedule(out -> out.copy(outside, SCRATCH.first(3))));
    shouldFind("outside", schedule(out -> out.copy(INPUT.first(3), outside)));
    shouldFind("outside", schedule(out -> out.reduce(INPUT, SCRATCH, Area.SCRATCH.at(1, 4))));
  }

  @Test
  void shouldFindOperandsThatOverlapTheTarget() {
    shouldFind(
        "overlaps",
        schedule(out -> out.reduce(INPUT.first(2), OUTPUT.first(2), OUTPUT.part(1, 2))));
    shouldFind("overlaps", schedule(out -> out.copy(OUTPUT.first(2), OUTPUT.part(1, 2))));
  }

  @Test
  void shouldFindARoundWithoutAnything() {
    shouldFind("nothing to do", schedule(out -> {}));
  }
}
