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
   */
  record Plan(int pairs, boolean quick) {}

  /** What the command line calls it. */
  String name();

  /** What it is measured against. */
  String peer();

  /** What is measured, in a line of the help. */
  String summary();

  /**
   * Measures everything.
   *
   * @param plan how much
   * @param progress takes a line whenever there is something to say
   * @return the comparisons, in the order in which they are to be shown
   * @throws PrerequisiteException if something must be installed first
   * @throws IOException if a measurement fails
   */
  List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException;
}
