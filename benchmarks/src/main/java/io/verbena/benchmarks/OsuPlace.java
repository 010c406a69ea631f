package io.verbena.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a comparison stands among those that are shown as the OSU micro-benchmarks show theirs.
 *
 * @param prepared whether our calls are; the peer's block
 */
record OsuPlace(int ranks, Exercise exercise, long bytes, boolean prepared) {
  /** Blocks of lines, each of rows that differ in their size only. */
  static List<String> lines(List<Comparison> comparisons) {
    Map<String, List<String>> blocks = new LinkedHashMap<>();
    for (Comparison row : comparisons) {
      OsuPlace place = row.place();
      if (place != null) {
        OsuFormat format = new OsuFormat(place.exercise);
        blocks
            .computeIfAbsent(place.key(), _ -> new ArrayList<>(place.header(format, row.peer())))
            .add(
                format.row(
                    place.bytes,
                    format.figure(place.bytes, row.ours()),
                    format.figure(place.bytes, row.theirs())));
      }
    }
    return blocks.values().stream().flatMap(List::stream).toList();
  }

  private String key() {
    return ranks + " " + exercise + prepared;
  }

  private List<String> header(OsuFormat format, String peer) {
    return List.of(
        "",
        format.heading("Verbena and " + peer),
        "# Ranks: %d, link: TCP, %s"
            .formatted(
                ranks, prepared ? "Verbena's calls are prepared, the peer's block" : "both block"),
        format.titles(
            "Verbena(%s)".formatted(format.unit()), "%s(%s)".formatted(peer, format.unit())));
  }
}
