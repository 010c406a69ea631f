package io.verbena.collective;

import io.verbena.collective.launch.LaunchException;
import io.verbena.collective.peer.Peers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Looks whether all ranks choose the same algorithms, before any of them does: otherwise they would
 * wait for each other, or take parts of one algorithm for those of another.
 */
final class SameChoices {
  private SameChoices() {}

  /**
   * Fails if a rank has others, at all ranks alike.
   *
   * @param own what this rank told the others
   */
  static void require(Peers peers, long own) throws IOException {
    for (int rank = 0; peers.size() > 1 && rank < peers.size(); rank++) {
      if (peers.choicesOf(rank) != own) {
        throw new CollectiveException(
            CollectiveException.Kind.CHOICES_DIFFER,
            "ranks do not choose algorithms alike (%s): give all of them the same file in %s, and the same version of Verbena"
                .formatted(whoHasWhich(peers), ChoiceTable.VARIABLE));
      }
    }
  }

  private static String whoHasWhich(Peers peers) throws IOException {
    Map<Long, List<Integer>> ranks = new LinkedHashMap<>();
    for (int rank = 0; rank < peers.size(); rank++) {
      ranks.computeIfAbsent(peers.choicesOf(rank), _ -> new ArrayList<>()).add(rank);
    }
    return ranks.entrySet().stream()
        .map(each -> "%016x at %s".formatted(each.getKey(), LaunchException.names(each.getValue())))
        .collect(Collectors.joining(", "));
  }
}
