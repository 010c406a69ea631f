package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A barrier moves no numbers: what it must do is let every rank hear of every other one. */
class BarrierTest {
  /** Who has heard of whom after so many rounds; signals carry what their sender had heard. */
  private static List<BitSet> heard(Algorithm algorithm, int ranks, int rounds) {
    Request request = Request.of(algorithm, ranks, 0);
    List<Schedule> schedules = new ArrayList<>();
    List<BitSet> heard = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      schedules.add(request.at(rank).compile());
      heard.add(BitSet.valueOf(new long[] {1L << rank}));
    }
    for (int round = 0; round < rounds; round++) {
      List<BitSet> before = heard.stream().map(set -> (BitSet) set.clone()).toList();
      for (int rank = 0; rank < ranks; rank++) {
        Transfers receives = schedules.get(rank).receives();
        for (int row = receives.begin(round); row < receives.end(round); row++) {
          int from = receives.peer(row);
          Transfers sends = schedules.get(from).sends();
          assertEquals(rank, sends.peer(sends.begin(round)), "the signal is of the same round");
          heard.get(rank).or(before.get(from));
        }
      }
    }
    return heard;
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = "BARRIER_.*")
  void shouldLetEveryRankHearOfAllOthers(Algorithm algorithm) {
    for (int ranks = 1; ranks <= 40; ranks++) {
      int rounds = Request.of(algorithm, ranks, 0).compile().rounds();
      for (BitSet heard : heard(algorithm, ranks, rounds)) {
        assertEquals(ranks, heard.cardinality());
      }
      int enough = ranks;
      assertTrue(
          rounds == 0
              || heard(algorithm, ranks, rounds - 1).stream()
                  .anyMatch(set -> set.cardinality() < enough),
          "one round less would do");
    }
  }
}
