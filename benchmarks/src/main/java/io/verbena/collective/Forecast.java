package io.verbena.collective;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.NullMarked;

/**
 * How long collectives take on many ranks of a network in the LogGP model: the schedules are
 * simulated, and those of more messages than that can do are continued. In this package because
 * schedules are no public API.
 */
@NullMarked
public final class Forecast {
  private static final LogGp NETWORK = new LogGp(1300, 250, 90, 0.08, 0.11, 0.05);
  static final int ELEMENT = Long.BYTES;

  /** Of algorithms whose messages grow with the square of the ranks. */
  private static final int MOST_SIMULATED = 1000;

  /** Of a way that no line of the choice table takes, and that works in segments. */
  private static final long USUAL_SEGMENT = 128 << 10;

  private Forecast() {}

  /** An algorithm, with the segments that the choice table has for it. */
  public static final class Way {
    private final Choice choice;

    private Way(Choice choice) {
      this.choice = choice;
    }

    /**
     * As the choice table has it.
     *
     * @return words
     */
    public String name() {
      String label = choice.algorithm().label();
      return choice.segmentBytes() == 0
          ? label
          : "%s, %d KiB segments".formatted(label, choice.segmentBytes() >> 10);
    }
  }

  /** How a time comes about. */
  enum Growth {
    /** Simulated for any number of ranks. */
    SLOW,
    /** Once around all ranks with a block for each: with the same block, linear in the ranks. */
    AROUND,
    /** From rank to rank with the whole vector: linear in the ranks. */
    ALONG,
    /** Bruck's all-to-all: few messages, but as many copies as there are ranks, at each of them. */
    BRUCK
  }

  /**
   * All collectives.
   *
   * @return their names
   */
  public static List<String> collectives() {
    return Arrays.stream(Collective.values()).map(Collective::label).toList();
  }

  /**
   * Whether sizes are those of one rank's block, not of a vector.
   *
   * @param collective its name
   * @return whether they are
   */
  public static boolean isOfBlocks(String collective) {
    return switch (named(collective)) {
      case GATHER, SCATTER, ALL_GATHER, ALL_TO_ALL, REDUCE_SCATTER -> true;
      default -> false;
    };
  }

  /**
   * How a collective can be done.
   *
   * @param collective its name
   * @return at least one
   */
  public static List<Way> ways(String collective) {
    Set<Choice> choices = new LinkedHashSet<>();
    for (Algorithm algorithm : Algorithm.values()) {
      if (algorithm.collective() == named(collective)) {
        boolean isInTable =
            ChoiceTable.defaults()
                    .toString()
                    .lines()
                    .map(ChoiceRule::parse)
                    .filter(line -> line.algorithm() == algorithm)
                    .map(line -> choices.add(new Choice(algorithm, line.segmentBytes())))
                    .count()
                > 0;
        if (!isInTable) {
          choices.add(new Choice(algorithm, USUAL_SEGMENT));
        }
      }
    }
    return choices.stream().map(Way::new).toList();
  }

  /**
   * What the choice table chooses, if the operator is commutative and no result need be bitwise the
   * same.
   *
   * @param collective its name
   * @param ranks how many
   * @param bytes of the vector, or of one block
   * @return the name of one of its ways
   */
  public static String chosen(String collective, int ranks, long bytes) {
    Collective asked = named(collective);
    boolean isTotal = asked == Collective.ALL_GATHER || asked == Collective.REDUCE_SCATTER;
    Demand demand = Demand.of(asked, ranks, isTotal ? bytes * ranks : bytes);
    return new Way(ChoiceTable.defaults().choose(demand)).name();
  }

  /**
   * How long it takes until the last rank is done.
   *
   * @param way what all ranks do
   * @param ranks how many
   * @param bytes of the vector, or of one block
   * @return nanoseconds
   */
  public static double nanos(Way way, int ranks, long bytes) {
    return growth(way.choice.algorithm()) == Growth.SLOW || ranks <= MOST_SIMULATED
        ? simulated(way, ranks, bytes)
        : continued(way, ranks, bytes, MOST_SIMULATED);
  }

  static double simulated(Way way, int ranks, long bytes) {
    return simulatedElements(way, ranks, bytes / ELEMENT);
  }

  private static double simulatedElements(Way way, int ranks, long count) {
    return Simulation.runEarly(request(way, ranks, count), ELEMENT, NETWORK).last();
  }

  /** Of so many elements of so many ranks. */
  static Request request(Way way, int ranks, long count) {
    return Request.of(way.choice.algorithm(), ranks, count)
        .withSegment(way.choice.segment(ELEMENT));
  }

  /** What simulations of so many ranks, and of half as many, let expect. */
  static double continued(Way way, int ranks, long bytes, int from) {
    Growth growth = growth(way.choice.algorithm());
    if (growth == Growth.BRUCK) {
      return bruck(ranks, bytes);
    }
    long count = bytes / ELEMENT;
    int less = from / 2;
    // Of a vector each rank has as much as it will have; one that is too short for that stays so.
    boolean isCut =
        growth == Growth.AROUND
            && !isOfBlocks(way.choice.algorithm().collective().label())
            && count > less;
    long part = Math.ceilDiv(count, ranks);
    double half = simulatedElements(way, less, isCut ? part * less : count);
    double whole = simulatedElements(way, from, isCut ? part * from : count);
    return whole + (whole - half) / (from - less) * (ranks - from);
  }

  /** The closed form. */
  private static double bruck(int ranks, long block) {
    double time = ranks * block * NETWORK.copyPerByte();
    for (int bit = 1; bit < ranks; bit *= 2) {
      int full = ranks / (2 * bit) * bit;
      long bytes = (full + Math.max(0, ranks % (2 * bit) - bit)) * block;
      double message =
          NETWORK.overhead() + NETWORK.stream(bytes) + NETWORK.latency() + NETWORK.overhead();
      time += message + 2 * bytes * NETWORK.copyPerByte();
    }
    return time + ranks * block * NETWORK.copyPerByte();
  }

  static Growth growth(Algorithm algorithm) {
    return switch (algorithm) {
      case ALL_REDUCE_RING,
          ALL_REDUCE_FIXED_TREE,
          ALL_GATHER_RING,
          ALL_TO_ALL_PAIRWISE,
          BROADCAST_SCATTER_ALL_GATHER,
          REDUCE_SCATTER_RING,
          REDUCE_SCATTER_PAIRWISE,
          REDUCE_SCATTER_FIXED_TREE ->
          Growth.AROUND;
      case BROADCAST_CHAIN, REDUCE_CHAIN, SCAN_LINEAR, EXCLUSIVE_SCAN_LINEAR -> Growth.ALONG;
      case ALL_TO_ALL_BRUCK -> Growth.BRUCK;
      default -> Growth.SLOW;
    };
  }

  private static Collective named(String label) {
    return Arrays.stream(Collective.values())
        .filter(each -> each.label().equals(label))
        .findFirst()
        .orElseThrow();
  }
}
