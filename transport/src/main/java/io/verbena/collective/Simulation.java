package io.verbena.collective;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Runs the schedules of all ranks on a {@link LogGp} network and says when each rank is done. Each
 * rank has a processor and an adapter of its own; the adapter sends one message at a time and
 * receives one at a time. The network between the adapters is never full. A message that arrives
 * before its receive waits, however long it is.
 *
 * <p>A round, in the terms of {@link Schedule}: the processor starts the sends, one after the
 * other, runs the steps, and then takes each message that the round receives, in the order in which
 * they were complete at the adapter. The round ends when it is done with that and the adapter has
 * sent everything.
 *
 * <p>Deterministic. Rounds are written when a rank comes to them and not kept, so a rank takes the
 * memory of its {@link Plan} and of a few numbers, whatever the number of its rounds: a million
 * ranks fit into 1 GB, and those of an algorithm with log p rounds take seconds. What takes time is
 * messages, some millions a second: with p rounds, as of a ring, that ends at about ten thousand
 * ranks; beyond, take the closed form that it was checked against.
 */
final class Simulation {
  private final LogGp network;
  private final int elementBytes;
  private final boolean early;
  private final @Nullable Plan[] plans;
  private final int[] rounds;
  private final int[] missing;

  /** What the processor of each rank is busy until. */
  private final double[] busy;

  /** When the adapter of each rank can send again, and when the last message had left it. */
  private final double[] free;

  private final double[] sent;

  /** The same of the sends of the next round, if they have started; else not a number. */
  private final double[] sentEarly;

  /** When the adapter of each rank can receive again. */
  private final double[] receiving;

  private final ArrivalQueue arrivals = new ArrivalQueue();
  private final Mailboxes mailboxes = new Mailboxes();
  private final Rounds round = new Rounds();
  private final Rounds next = new Rounds();
  private double[] there = new double[64];
  private long messages;

  private Simulation(
      LogGp network, int elementBytes, boolean early, int ranks, IntFunction<Plan> plans) {
    this.network = network;
    this.early = early;
    this.elementBytes = elementBytes;
    this.plans = new Plan[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      this.plans[rank] = plans.apply(rank);
    }
    this.rounds = new int[ranks];
    this.missing = new int[ranks];
    this.busy = new double[ranks];
    this.free = new double[ranks];
    this.sent = new double[ranks];
    this.sentEarly = new double[ranks];
    this.receiving = new double[ranks];
  }

  /**
   * When each rank is done.
   *
   * @param finish in ns after all ranks started, by rank
   * @param messages how many were sent
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares results
  record Result(double[] finish, long messages) {
    /** When the last rank is done. */
    double last() {
      return Arrays.stream(finish).max().orElseThrow();
    }

    double mean() {
      return Arrays.stream(finish).average().orElseThrow();
    }
  }

  /**
   * Simulates one collective of all the ranks of a request, whose own rank does not matter.
   *
   * @throws IllegalStateException if a rank cannot go on
   */
  static Result run(Request request, int elementBytes, LogGp network) {
    return run(request.ranks(), rank -> request.at(rank).plan(), elementBytes, network);
  }

  static Result run(int ranks, IntFunction<Plan> plans, int elementBytes, LogGp network) {
    return new Simulation(network, elementBytes, false, ranks, plans).run();
  }

  /** The same, with all transfers started early that {@link Schedule#startsEarly} allows. */
  static Result runEarly(Request request, int elementBytes, LogGp network) {
    IntFunction<Plan> plans = rank -> request.at(rank).plan();
    return new Simulation(network, elementBytes, true, request.ranks(), plans).run();
  }

  private Result run() {
    Arrays.fill(sentEarly, Double.NaN);
    for (int rank = 0; rank < plans.length; rank++) {
      goOn(rank);
    }
    while (!arrivals.isEmpty()) {
      double time = arrivals.firstTime();
      long pair = arrivals.firstPair();
      long bytes = arrivals.firstBytes();
      arrivals.removeFirst();
      arrive(time, pair, bytes);
    }
    for (int rank = 0; rank < plans.length; rank++) {
      if (plans[rank] != null) {
        throw new IllegalStateException(
            "rank %d waits for %d messages in round %d"
                .formatted(rank, missing[rank], rounds[rank]));
      }
    }
    if (mailboxes.size() > 0) {
      throw new IllegalStateException(
          "messages of %d pairs of ranks are left".formatted(mailboxes.size()));
    }
    return new Result(busy, messages);
  }

  /** The first byte of a message is at the receiver's adapter. */
  private void arrive(double time, long pair, long bytes) {
    int rank = Mailboxes.to(pair);
    double begin = Math.max(time, receiving[rank]);
    double complete = begin + network.stream(bytes);
    receiving[rank] = Math.max(complete, begin + network.gap());
    if (mailboxes.deliver(pair, complete)) {
      take(rank, complete);
      if (--missing[rank] == 0) {
        end(rank);
        goOn(rank);
      }
    }
  }

  private void take(int rank, double complete) {
    busy[rank] = Math.max(busy[rank], complete) + network.overhead();
  }

  private void end(int rank) {
    busy[rank] = Math.max(busy[rank], sent[rank]);
    rounds[rank]++;
  }

  /** Runs rounds until one has to wait for a message. */
  private void goOn(int rank) {
    Plan plan = plans[rank];
    while (plan != null) {
      if (rounds[rank] == plan.rounds()) {
        plans[rank] = null;
        return;
      }
      round.clear();
      plan.write(rounds[rank], round);
      round.endRound();
      start(rank);
      if (missing[rank] > 0) {
        return;
      }
      end(rank);
    }
  }

  private void start(int rank) {
    if (Double.isNaN(sentEarly[rank])) {
      send(rank, round.sends);
    } else {
      sent[rank] = sentEarly[rank];
      sentEarly[rank] = Double.NaN;
    }
    if (early) {
      startNext(rank);
    }
    for (int row = 0; row < round.steps.count(); row++) {
      double perByte = round.steps.isCopy(row) ? network.copyPerByte() : network.reducePerByte();
      busy[rank] += round.steps.length(row) * elementBytes * perByte;
    }
    int count = 0;
    for (int row = 0; row < round.receives.count(); row++) {
      double time = mailboxes.receive(Mailboxes.pair(round.receives.peer(row), rank));
      if (Double.isNaN(time)) {
        missing[rank]++;
      } else {
        if (count == there.length) {
          there = Arrays.copyOf(there, 2 * count);
        }
        there[count++] = time;
      }
    }
    Arrays.sort(there, 0, count);
    for (int i = 0; i < count; i++) {
      take(rank, there[i]);
    }
  }

  /** That its receives start early too makes no difference to messages that may wait. */
  private void startNext(int rank) {
    Plan plan = plans[rank];
    if (plan == null || rounds[rank] + 1 == plan.rounds()) {
      return;
    }
    next.clear();
    plan.write(rounds[rank] + 1, next);
    next.endRound();
    if (Rounds.mayStartEarly(round, 0, next, 0)) {
      double thisRound = sent[rank];
      send(rank, next.sends);
      sentEarly[rank] = sent[rank];
      sent[rank] = thisRound;
    }
  }

  private void send(int rank, Transfers sends) {
    for (int row = 0; row < sends.count(); row++) {
      busy[rank] += network.overhead();
      send(rank, sends.peer(row), sends.length(row) * elementBytes);
    }
  }

  /**
   * The adapter is free again after the gap; the memory of the message, which ends a round, when
   * the last byte has left it.
   */
  private void send(int rank, int peer, long bytes) {
    double begin = Math.max(busy[rank], free[rank]);
    double left = begin + network.stream(bytes);
    free[rank] = Math.max(left, begin + network.gap());
    sent[rank] = left;
    arrivals.add(begin + network.latency(), Mailboxes.pair(rank, peer), bytes);
    messages++;
  }
}
