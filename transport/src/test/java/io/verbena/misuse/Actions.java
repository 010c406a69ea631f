package io.verbena.misuse;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** All actions there are. */
final class Actions {
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

  private Actions() {}

  /** One of them, by weight. */
  static Action choose(Random random) {
    int left = random.nextInt(TOTAL_WEIGHT);
    for (Action action : ALL) {
      left -= action.weight();
      if (left < 0) {
        return action;
      }
    }
    throw new AssertionError("weights do not add up");
  }
}
