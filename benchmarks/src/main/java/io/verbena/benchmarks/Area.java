package io.verbena.benchmarks;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/** One part of Verbena that can be measured against its peers. */
interface Area {
  /**
   * How much to measure.
   *
   * @param pairs how often ours and theirs are measured, each time one after the other
   * @param quick whether shorter measurements will do
   * @param only what is measured has this in its name; empty for everything
   */
  record Plan(int pairs, boolean quick, String only) {
    /** Whether something of this name is to be measured. */
    boolean wants(String name) {
      return name.contains(only);
    }
  }

  /** What the command line calls it. */
  String name();

  /** What it is measured against. */
  String peer();

  /** What is measured, in a line of the help. */
  String summary();

  /** Whether less than everything can be measured, see {@link Plan#only}. */
  default boolean hasParts() {
    return false;
  }

  /**
   * Measures everything that the plan wants.
   *
   * @param plan how much
   * @param progress takes a line whenever there is something to say
   * @return the comparisons, in the order in which they are to be shown
   * @throws PrerequisiteException if something must be installed first
   * @throws IOException if a measurement fails
   */
  List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException;
}
