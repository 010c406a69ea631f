package io.verbena.collective;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What the choice table chooses around the sizes at which it changes its mind. */
final class SwitchPoints {
  private static final int ELEMENT = Long.BYTES;

  private SwitchPoints() {}

  static List<ChoiceRule> lines(ChoiceTable table) {
    return table.toString().lines().map(ChoiceRule::parse).toList();
  }

  /**
   * What is chosen for longs of which the bytes are at a bound of any line of a collective, one
   * element less, and one more.
   */
  static Set<Request> around(ChoiceTable table, Collective collective, int ranks) {
    Set<Request> requests = new LinkedHashSet<>();
    for (ChoiceRule line : lines(table)) {
      if (line.algorithm().collective() == collective) {
        for (long last : lastBytes(line.bytes())) {
          long count = last / bytesOfOne(collective, ranks);
          for (long each = Math.max(0, count - 1); each <= count + 1; each++) {
            requests.addAll(chosen(table, collective, ranks, each));
          }
        }
      }
    }
    return requests;
  }

  /** Of each bound the last number on its lower side. */
  private static List<Long> lastBytes(ChoiceRule.Bounds bytes) {
    List<Long> last = new ArrayList<>();
    if (bytes.least() > ChoiceRule.Bounds.ANY.least()) {
      last.add(bytes.least() - 1);
    }
    if (bytes.most() < ChoiceRule.Bounds.ANY.most()) {
      last.add(bytes.most());
    }
    return last;
  }

  /** What one more element adds to the bytes that the table is asked with. */
  private static long bytesOfOne(Collective collective, int ranks) {
    return switch (collective) {
      case ALL_GATHER, REDUCE_SCATTER -> (long) ranks * ELEMENT;
      default -> ELEMENT;
    };
  }

  private static Set<Request> chosen(
      ChoiceTable table, Collective collective, int ranks, long count) {
    Demand demand = Demand.of(collective, ranks, count * bytesOfOne(collective, ranks));
    Set<Request> requests = new LinkedHashSet<>();
    for (Demand each : List.of(demand, demand.ordered(), demand.withFixedExpression())) {
      Choice choice = table.choose(each);
      requests.add(
          Request.of(choice.algorithm(), ranks, count)
              .withSegment(choice.segment(ELEMENT))
              .withRoot(root(collective, ranks, count))
              .withInPlace(count % 2 == 1));
    }
    return requests;
  }

  private static int root(Collective collective, int ranks, long count) {
    return switch (collective) {
      case BROADCAST, REDUCE, GATHER, SCATTER -> (int) (count % ranks);
      default -> 0;
    };
  }
}
