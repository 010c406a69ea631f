package io.verbena.collective;

import java.util.Arrays;

/**
 * What one rank does in one collective, as a recipe: it can write any of its rounds, and keeps none
 * of them. Compiled it is a {@link Schedule}; a simulation of a million ranks reads the rounds one
 * by one.
 */
final class Plan {
  /** Writes one round of a phase. Gives the same for the same step, whenever it is asked. */
  @FunctionalInterface
  interface Phase {
    void write(int step, Rounds out);
  }

  /** Reductions, a broadcast, two folds: no algorithm has more; the arrays grow if one does. */
  private static final int USUAL_PHASES = 4;

  private int phaseCount;
  private Phase[] phases = new Phase[USUAL_PHASES];
  private int[] ends = new int[USUAL_PHASES];
  private long scratch;
  private boolean needsCommutativity;

  /** Memory for this collective alone. */
  Span scratch(long length) {
    Span span = Area.SCRATCH.at(scratch, length);
    scratch = Math.addExact(scratch, length);
    return span;
  }

  long scratchLength() {
    return scratch;
  }

  /** Says that operands are not combined in the order of their ranks. */
  void commute() {
    needsCommutativity = true;
  }

  boolean needsCommutativity() {
    return needsCommutativity;
  }

  /** Adds a phase of so many rounds, possibly none. */
  void add(int rounds, Phase phase) {
    if (rounds == 0) {
      return;
    }
    if (phaseCount == ends.length) {
      phases = Arrays.copyOf(phases, 2 * phaseCount);
      ends = Arrays.copyOf(ends, 2 * phaseCount);
    }
    int end = Math.addExact(rounds(), rounds);
    phases[phaseCount] = phase;
    ends[phaseCount++] = end;
  }

  /** Some of the rounds may have nothing to do. */
  int rounds() {
    return phaseCount == 0 ? 0 : ends[phaseCount - 1];
  }

  /** Writes one round, without ending it. */
  void write(int round, Rounds out) {
    int phase = 0;
    int begin = 0;
    while (round >= ends[phase]) {
      begin = ends[phase++];
    }
    phases[phase].write(round - begin, out);
  }

  Schedule compile() {
    Rounds out = new Rounds();
    int written = 0;
    for (int round = 0; round < rounds(); round++) {
      write(round, out);
      if (out.isOpen(written)) {
        out.endRound();
        written++;
      }
    }
    return new Schedule(out, written, scratch, needsCommutativity);
  }
}
