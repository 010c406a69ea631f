package io.verbena.collective;

import java.util.Arrays;

/** Where each round of a table ends. */
final class Ends {
  private int rounds;
  private int[] ends = new int[4];

  int rounds() {
    return rounds;
  }

  int begin(int round) {
    return round == 0 ? 0 : ends[round - 1];
  }

  int end(int round) {
    return ends[round];
  }

  void add(int end) {
    if (rounds == ends.length) {
      ends = Arrays.copyOf(ends, 2 * rounds);
    }
    ends[rounds++] = end;
  }

  void clear() {
    rounds = 0;
  }

  void trim() {
    ends = Arrays.copyOf(ends, rounds);
  }
}
