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
  /** A launcher may have to be asked for each: who is behind these is looked at by itself alone. */
  private static final int MOST = 64;

  private SameChoices() {}

  /**
   * Fails if a rank has others: at all ranks alike, but for one behind the first 64, where it fails
   * alone.
   *
   * @param own what this rank told the others
   */
  static void require(Peers peers, long own) throws IOException {
    for (int rank = 0; peers.size() > 1 && rank < looked(peers); rank++) {
      if (peers.choicesOf(rank) != own) {
        throw new CollectiveException(
            CollectiveException.Kind.CHOICES_DIFFER,
            "ranks do not choose algorithms alike (%s): give all of them the same file in %s, and the same version of Verbena"
                .formatted(whoHasWhich(peers, own), ChoiceTable.VARIABLE));
      }
    }
  }

  private static int looked(Peers peers) {
    return Math.min(peers.size(), MOST);
  }

  private static String whoHasWhich(Peers peers, long own) throws IOException {
    Map<Long, List<Integer>> ranks = new LinkedHashMap<>();
    for (int rank = 0; rank < looked(peers); rank++) {
      ranks.computeIfAbsent(peers.choicesOf(rank), _ -> new ArrayList<>()).add(rank);
    }
    if (peers.rank() >= looked(peers)) {
      ranks.computeIfAbsent(own, _ -> new ArrayList<>()).add(peers.rank());
    }
    return ranks.entrySet().stream()
        .map(each -> "%016x at %s".formatted(each.getKey(), LaunchException.names(each.getValue())))
        .collect(Collectors.joining(", "));
  }
}
