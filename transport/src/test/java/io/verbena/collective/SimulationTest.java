package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Simulated times against the closed forms of the literature, for sizes that both can do. */
class SimulationTest {
  private static final double L = 1300;
  private static final double O = 250;
  private static final double G = 0.08;
  private static final double REDUCE = 0.11;
  private static final double COPY = 0.05;
  private static final double SMALL_GAP = 90;
  private static final LogGp NETWORK = new LogGp(L, O, SMALL_GAP, G, REDUCE, COPY);
  private static final int ELEMENT = 8;
  private static final double ROUNDING = 1e-6;

  private static double message(long bytes) {
    return O + Math.max(0, bytes - 1) * G + L + O;
  }

  private static int log2(int ranks) {
    return 31 - Integer.numberOfLeadingZeros(ranks);
  }

  private static double last(Algorithm algorithm, int ranks, long count, long segment) {
    return Simulation.run(
            Request.of(algorithm, ranks, count).withSegment(segment), ELEMENT, NETWORK)
        .last();
  }

  @Test
  void shouldTakeTheTimeOfOneMessageBetweenTwoRanks() {
    for (long count : new long[] {1, 100, 100_000}) {
      double[] finish =
          Simulation.run(Request.of(Algorithm.BROADCAST_BINOMIAL, 2, count), ELEMENT, NETWORK)
              .finish();
      assertEquals(O + (count * ELEMENT - 1) * G, finish[0], ROUNDING);
      assertEquals(message(count * ELEMENT), finish[1], ROUNDING);
    }
  }

  @Test
  void shouldAgreeWithTheClosedFormOfADisseminationBarrier() {
    for (int ranks = 1; ranks <= 70; ranks++) {
      int rounds = (int) Math.ceil(Math.log(ranks) / Math.log(2) - 1e-9);
      double[] finish =
          Simulation.run(Request.of(Algorithm.BARRIER_DISSEMINATION, ranks, 0), ELEMENT, NETWORK)
              .finish();
      for (double time : finish) {
        assertEquals(rounds * message(0), time, ROUNDING, ranks + " ranks");
      }
    }
  }

  @Test
  void shouldAgreeWithTheClosedFormOfABinomialBroadcast() {
    for (int ranks = 2; ranks <= 256; ranks *= 2) {
      for (long count : new long[] {1, 7, 1000, 100_000}) {
        double expected = log2(ranks) * message(count * ELEMENT);
        assertEquals(expected, last(Algorithm.BROADCAST_BINOMIAL, ranks, count, 0), ROUNDING);
      }
    }
  }

  /** Not only the last rank: each send of a rank waits for the adapter, or for the processor. */
  @Test
  void shouldAgreeWithTheClosedFormOfABinomialBroadcastForEachRank() {
    int ranks = 64;
    for (long count : new long[] {1, 1000}) {
      double[] finish =
          Simulation.run(Request.of(Algorithm.BROADCAST_BINOMIAL, ranks, count), ELEMENT, NETWORK)
              .finish();
      double stream = (count * ELEMENT - 1) * G;
      double spacing = Math.max(O, Math.max(SMALL_GAP, stream));
      for (int rank = 0; rank < ranks; rank++) {
        // From the root down: child number i of n is sent n - 1 - i spacings after the first.
        double received = 0;
        int at = 0;
        int reach = ranks;
        for (int bit = ranks / 2; bit > 0; bit /= 2) {
          if ((rank & bit) != 0) {
            received += (log2(reach) - 1 - log2(bit)) * spacing + message(count * ELEMENT);
            at += bit;
            reach = bit;
          }
        }
        assertEquals(rank, at);
        int children = log2(reach);
        double sent = children == 0 ? received : received + O + (children - 1) * spacing + stream;
        double processor = received + children * O;
        assertEquals(Math.max(sent, processor), finish[rank], ROUNDING, "rank " + rank);
      }
    }
  }

  @Test
  void shouldAgreeWithTheClosedFormOfRecursiveDoubling() {
    for (int ranks = 2; ranks <= 256; ranks *= 2) {
      for (long count : new long[] {1, 1000}) {
        double each = message(count * ELEMENT) + count * ELEMENT * REDUCE;
        double[] finish =
            Simulation.run(
                    Request.of(Algorithm.ALL_REDUCE_RECURSIVE_DOUBLING, ranks, count),
                    ELEMENT,
                    NETWORK)
                .finish();
        for (double time : finish) {
          assertEquals(log2(ranks) * each, time, ROUNDING);
        }
      }
    }
  }

  @Test
  void shouldAgreeWithTheClosedFormOfARing() {
    for (int ranks : new int[] {2, 3, 7, 16, 60}) {
      long block = 5000;
      double blockBytes = block * ELEMENT;
      double expected =
          2 * (ranks - 1) * message(block * ELEMENT) + (ranks - 1) * blockBytes * REDUCE;
      assertEquals(
          expected, last(Algorithm.ALL_REDUCE_RING, ranks, ranks * block, 0), 1000 * ROUNDING);
      double gathered = (ranks - 1) * message(block * ELEMENT) + blockBytes * COPY;
      double simulated = last(Algorithm.ALL_GATHER_RING, ranks, block, 0);
      // The rank's own block is copied while the first one is on its way.
      assertEquals((ranks - 1) * message(block * ELEMENT), simulated, 1000 * ROUNDING);
      assertTrue(simulated < gathered);
    }
  }

  /** Segments are combined while the next ones arrive: only the last one is waited for. */
  @Test
  void shouldOverlapReductionWithTransferInASegmentedRing() {
    int ranks = 8;
    long segment = 1000;
    long block = 10 * segment;
    double turn = message(segment * ELEMENT);
    assertTrue(turn > O + segment * ELEMENT * REDUCE, "the network hides the reduction");
    double expected =
        (ranks - 1) * 10 * turn
            + segment * ELEMENT * REDUCE
            + (ranks - 1) * message(block * ELEMENT);
    assertEquals(
        expected, last(Algorithm.ALL_REDUCE_RING, ranks, ranks * block, segment), 1000 * ROUNDING);
  }

  /** Two segments are under way at a time, where otherwise each one waits for the one before. */
  @Test
  void shouldHideLatencyByStartingEarly() {
    int ranks = 8;
    long segment = 1000;
    Request request =
        Request.of(Algorithm.ALL_REDUCE_RING, ranks, 10 * segment * ranks).withSegment(segment);
    double gather = (ranks - 1) * message(10 * segment * ELEMENT);
    double strict = Simulation.run(request, ELEMENT, NETWORK).last() - gather;
    double early = Simulation.runEarly(request, ELEMENT, NETWORK).last() - gather;
    assertTrue(early < 0.6 * strict, early + " against " + strict);
    assertTrue(early > 10.0 * (ranks - 1) * (segment * ELEMENT - 1) * G, "faster than the wire");
  }

  /** A signal says that others were heard: it must not be sent before they were. */
  @Test
  void shouldNotStartARoundOfABarrierEarly() {
    Request request = Request.of(Algorithm.BARRIER_DISSEMINATION, 9, 0);
    assertEquals(4 * message(0), Simulation.runEarly(request, ELEMENT, NETWORK).last(), ROUNDING);
  }

  @Test
  void shouldAgreeWithTheClosedFormOfAChain() {
    int ranks = 9;
    int segments = 20;
    long segment = 1000;
    // The sender's rounds: it starts a segment when the one before has left.
    double sends = O + (segment * ELEMENT - 1) * G;
    double receives = message(segment * ELEMENT);
    double simulated = last(Algorithm.BROADCAST_CHAIN, ranks, segments * segment, segment);
    assertTrue(simulated >= (ranks - 1) * receives + (segments - 1) * sends - ROUNDING);
    assertTrue(simulated <= (ranks - 1 + segments - 1) * (receives + O) + ROUNDING);
  }

  /** All send to one: its adapter receives one message after the other. */
  @Test
  void shouldReceiveOneMessageAtATime() {
    int ranks = 20;
    long count = 100_000;
    double stream = (count * ELEMENT - 1) * G;
    double expected = O + L + (ranks - 1) * stream + O;
    assertEquals(expected, last(Algorithm.GATHER_LINEAR, ranks, count, 0), 1000 * ROUNDING);
    double fewBytes = O + L + 7 * G + (ranks - 1) * O;
    assertEquals(fewBytes, last(Algorithm.GATHER_LINEAR, ranks, 1, 0), ROUNDING);
    LogGp slowAdapter = new LogGp(L, O, 1000, G, REDUCE, COPY);
    assertEquals(
        O + L + (ranks - 2) * 1000 + 7 * G + O,
        Simulation.run(Request.of(Algorithm.GATHER_LINEAR, ranks, 1), ELEMENT, slowAdapter).last(),
        ROUNDING);
  }

  @Test
  void shouldSendOneMessageAtATime() {
    int ranks = 20;
    long count = 100_000;
    double stream = (count * ELEMENT - 1) * G;
    assertEquals(
        O + (ranks - 1) * stream + L + O,
        last(Algorithm.SCATTER_LINEAR, ranks, count, 0),
        1000 * ROUNDING);
  }

  /** The plan that is simulated is what the schedule was compiled from, round by round. */
  @Test
  void shouldSimulateWhatIsCompiled() {
    for (Algorithm algorithm : Algorithm.values()) {
      for (int ranks : new int[] {1, 2, 5, 8, 13}) {
        Request request = Request.of(algorithm, ranks, 100).withRoot(ranks / 2).withSegment(7);
        IntFunction<Plan> compiled = rank -> replay(request.at(rank).compile());
        assertArrayEquals(
            Simulation.run(request, ELEMENT, NETWORK).finish(),
            Simulation.run(ranks, compiled, ELEMENT, NETWORK).finish(),
            ROUNDING,
            request.toString());
      }
    }
  }

  private static Plan replay(Schedule schedule) {
    Plan plan = new Plan();
    plan.add(
        schedule.rounds(),
        (round, out) -> {
          for (int i = schedule.receives().begin(round); i < schedule.receives().end(round); i++) {
            out.receives.add(schedule.receives().peer(i), schedule.receives().span(i));
          }
          for (int i = schedule.sends().begin(round); i < schedule.sends().end(round); i++) {
            out.sends.add(schedule.sends().peer(i), schedule.sends().span(i));
          }
          Steps steps = schedule.steps();
          for (int i = steps.begin(round); i < steps.end(round); i++) {
            if (steps.isCopy(i)) {
              out.copy(steps.leftSpan(i), steps.targetSpan(i));
            } else {
              out.reduce(steps.leftSpan(i), steps.rightSpan(i), steps.targetSpan(i));
            }
          }
        });
    return plan;
  }

  @Test
  void shouldGiveTheSameTimesEachTime() {
    Request request = Request.of(Algorithm.ALL_REDUCE_RABENSEIFNER, 1000, 1234);
    assertArrayEquals(
        Simulation.run(request, ELEMENT, NETWORK).finish(),
        Simulation.run(request, ELEMENT, NETWORK).finish());
  }

  @Test
  void shouldCountMessages() {
    assertEquals(
        99,
        Simulation.run(Request.of(Algorithm.BROADCAST_BINOMIAL, 100, 5), ELEMENT, NETWORK)
            .messages());
    assertEquals(
        100 * 99,
        Simulation.run(Request.of(Algorithm.ALL_TO_ALL_PAIRWISE, 100, 5), ELEMENT, NETWORK)
            .messages());
  }

  @Test
  void shouldSayWhoCannotGoOn() {
    IntFunction<Plan> plans =
        rank -> {
          Plan plan = new Plan();
          plan.add(1, (step, out) -> out.receive(1 - rank, Area.OUTPUT.at(0, 1)));
          return plan;
        };
    var stuck =
        assertThrows(IllegalStateException.class, () -> Simulation.run(2, plans, ELEMENT, NETWORK));
    assertEquals("rank 0 waits for 1 messages in round 0", stuck.getMessage());
    IntFunction<Plan> unheard =
        rank -> {
          Plan plan = new Plan();
          plan.add(1 - rank, (step, out) -> out.send(1, Area.INPUT.at(0, 1)));
          return plan;
        };
    assertThrows(IllegalStateException.class, () -> Simulation.run(2, unheard, ELEMENT, NETWORK));
  }

  @Test
  void shouldRefuseANetworkThatIsNone() {
    assertThrows(IllegalArgumentException.class, () -> new LogGp(-1, 0, 0, 0, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new LogGp(0, 0, 0, Double.NaN, 0, 0));
  }

  /** Many ranks in bounded memory: 2^16 of them, each with 32 rounds, in the heap of a test. */
  @Test
  void shouldSimulateManyRanks() {
    int ranks = 1 << 16;
    Simulation.Result result =
        Simulation.run(
            Request.of(Algorithm.ALL_REDUCE_RECURSIVE_DOUBLING, ranks, 1), ELEMENT, NETWORK);
    assertEquals(16 * (message(8) + 8 * REDUCE), result.last(), ROUNDING);
    assertEquals(result.last(), result.mean(), ROUNDING);
    assertEquals(16L * ranks, result.messages());
    assertTrue(Arrays.stream(result.finish()).allMatch(time -> time > 0));
  }
}
