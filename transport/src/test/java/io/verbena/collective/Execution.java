package io.verbena.collective;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongBinaryOperator;

/**
 * Executes the schedules of all ranks on arrays. A round waits until its sends are received too, so
 * what ends here ends over any transport. Fails if messages do not match, or if nobody can go on.
 */
final class Execution {
  /** When things of one round happen: any order is allowed, so the extremes are tried. */
  enum Timing {
    /** Sends are read when they start, steps run last. */
    STEPS_LAST,
    /** Likewise, and transfers start early where they may. */
    EARLY,
    /** Steps run first, sends are read when their receive is there; the last rank goes first. */
    STEPS_FIRST
  }

  private record Pair(int from, int to) {}

  /** A send or a receive that waits for its counterpart. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Waiting(Rank rank, int round, Span span, long[] snapshot) {}

  private final class Rank {
    final int number;
    final Schedule schedule;
    final long[][] areas;
    int round;
    int started;

    /** Transfers that are not done, of even rounds and of odd ones. */
    final int[] pending = new int[2];

    Rank(int number, Schedule schedule, long[] input, long[] output) {
      this.number = number;
      this.schedule = schedule;
      long[] scratch = new long[Math.toIntExact(schedule.scratchLength())];
      Arrays.fill(scratch, 0xdeadL);
      this.areas = new long[][] {input, output, scratch};
    }

    long[] area(Span span) {
      return areas[span.area().number];
    }

    boolean isDone() {
      return round == schedule.rounds();
    }

    /** Starts the round that it has come to. */
    void start() {
      if (started == round) {
        transfer();
      }
      if (timing == Timing.EARLY
          && round + 1 < schedule.rounds()
          && schedule.startsEarly(round + 1)) {
        early++;
        transfer();
      }
      if (timing == Timing.STEPS_FIRST) {
        steps();
      }
    }

    private void transfer() {
      int round = started++;
      Transfers receives = schedule.receives();
      Transfers sends = schedule.sends();
      pending[round % 2] =
          receives.end(round) - receives.begin(round) + sends.end(round) - sends.begin(round);
      for (int row = receives.begin(round); row < receives.end(round); row++) {
        offer(
            new Pair(receives.peer(row), number),
            false,
            new Waiting(this, round, receives.span(row), NOTHING));
      }
      for (int row = sends.begin(round); row < sends.end(round); row++) {
        Span span = sends.span(row);
        int begin = (int) span.offset();
        long[] snapshot =
            timing == Timing.STEPS_FIRST
                ? NOTHING
                : Arrays.copyOfRange(area(span), begin, begin + (int) span.length());
        offer(new Pair(number, sends.peer(row)), true, new Waiting(this, round, span, snapshot));
      }
    }

    /** Whether the round ended. */
    boolean finish() {
      if (pending[round % 2] > 0) {
        return false;
      }
      if (timing != Timing.STEPS_FIRST) {
        steps();
      }
      round++;
      return true;
    }

    private void steps() {
      Steps steps = schedule.steps();
      for (int row = steps.begin(round); row < steps.end(round); row++) {
        int length = (int) steps.length(row);
        long[] target = areas[steps.target(row).number];
        int at = (int) steps.targetOffset(row);
        long[] left = areas[steps.left(row).number];
        int leftAt = (int) steps.leftOffset(row);
        if (steps.isCopy(row)) {
          System.arraycopy(left, leftAt, target, at, length);
          continue;
        }
        long[] right = areas[steps.right(row).number];
        int rightAt = (int) steps.rightOffset(row);
        for (int i = 0; i < length; i++) {
          target[at + i] = operator.applyAsLong(left[leftAt + i], right[rightAt + i]);
        }
      }
    }
  }

  private static final long[] NOTHING = {};

  private final LongBinaryOperator operator;
  private final Timing timing;
  private long early;
  private final List<Rank> ranks = new ArrayList<>();
  private final Map<Pair, ArrayDeque<Waiting>> sends = new HashMap<>();
  private final Map<Pair, ArrayDeque<Waiting>> receives = new HashMap<>();

  private Execution(LongBinaryOperator operator, Timing timing) {
    this.operator = operator;
    this.timing = timing;
  }

  /**
   * Executes them; what was asked for is in the outputs then.
   *
   * @return how many rounds started early
   */
  static long run(
      List<Schedule> schedules,
      long[][] inputs,
      long[][] outputs,
      LongBinaryOperator operator,
      Timing timing) {
    Execution execution = new Execution(operator, timing);
    for (int i = 0; i < schedules.size(); i++) {
      execution.ranks.add(execution.new Rank(i, schedules.get(i), inputs[i], outputs[i]));
    }
    execution.run();
    return execution.early;
  }

  private void run() {
    List<Rank> order = timing == Timing.STEPS_FIRST ? ranks.reversed() : ranks;
    order.stream().filter(rank -> !rank.isDone()).forEach(Rank::start);
    boolean progress = true;
    while (progress) {
      progress = false;
      for (Rank rank : order) {
        while (!rank.isDone() && rank.finish()) {
          progress = true;
          if (!rank.isDone()) {
            rank.start();
          }
        }
      }
    }
    List<String> stuck = new ArrayList<>();
    for (Rank rank : ranks) {
      if (!rank.isDone()) {
        stuck.add("rank %d in round %d".formatted(rank.number, rank.round));
      }
    }
    if (!stuck.isEmpty()) {
      throw new AssertionError("nobody can go on: " + stuck);
    }
  }

  private void offer(Pair pair, boolean isSend, Waiting mine) {
    ArrayDeque<Waiting> others =
        (isSend ? receives : sends).computeIfAbsent(pair, p -> new ArrayDeque<>());
    if (others.isEmpty()) {
      (isSend ? sends : receives).computeIfAbsent(pair, p -> new ArrayDeque<>()).add(mine);
      return;
    }
    Waiting other = others.remove();
    Waiting send = isSend ? mine : other;
    Waiting receive = isSend ? other : mine;
    if (send.span.length() != receive.span.length()) {
      throw new AssertionError("%s: %s is sent into %s".formatted(pair, send.span, receive.span));
    }
    boolean isSnapshot = timing != Timing.STEPS_FIRST;
    System.arraycopy(
        isSnapshot ? send.snapshot : send.rank.area(send.span),
        isSnapshot ? 0 : (int) send.span.offset(),
        receive.rank.area(receive.span),
        (int) receive.span.offset(),
        (int) receive.span.length());
    send.rank.pending[send.round % 2]--;
    receive.rank.pending[receive.round % 2]--;
  }
}
