package io.verbena.misuse;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Something that a program may do, rightly or wrongly.
 *
 * @param name says which, in a trace
 * @param weight how often it is chosen, compared with others
 * @param body does it
 * @param certain whether every device and peer allows it now and then
 */
record Action(String name, int weight, Body body, boolean certain) {
  /** Does it, on objects that may be closed or do not fit together. */
  interface Body {
    void run(World world, Random random) throws Exception;
  }

  Action(String name, int weight, Body body) {
    this(name, weight, body, true);
  }

  /** Something that the device, or chance, may refuse each time. */
  static Action perhaps(String name, int weight, Body body) {
    return new Action(name, weight, body, false);
  }

  /** All there are. */
  static final List<Action> ALL =
      Stream.of(
              ObjectActions.ALL,
              TrafficActions.ALL,
              DatagramActions.ALL,
              MemoryActions.ALL,
              ConnectionActions.ALL)
          .flatMap(List::stream)
          .toList();

  private static final int TOTAL_WEIGHT = ALL.stream().mapToInt(Action::weight).sum();

  /**
   * Whether it must succeed now and then: those of the connection manager need to know which
   * address has RDMA behind it.
   */
  boolean mustSucceed() {
    return certain
        && (System.getenv("TESTBED_ADDRESS") != null || !ConnectionActions.ALL.contains(this));
  }

  static Action choose(Random random) {
    int left = random.nextInt(TOTAL_WEIGHT);
    for (Action action : ALL) {
      left -= action.weight;
      if (left < 0) {
        return action;
      }
    }
    throw new AssertionError("weights do not add up");
  }
}
