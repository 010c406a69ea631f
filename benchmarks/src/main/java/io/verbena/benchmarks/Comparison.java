package io.verbena.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One thing, done by us and by a peer, measured in pairs: one measurement of ours, one of theirs.
 * Only the ratio within a pair means something on a machine that others use too; of the pairs, the
 * median counts. Smaller is better, unless the unit is something per second.
 */
final class Comparison {
  private final String name;
  private final String peer;
  private final String unit;
  private final List<Double> ours = new ArrayList<>();
  private final List<Double> theirs = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();
  private final List<String> raw = new ArrayList<>();

  private @Nullable OsuPlace place;

  Comparison(String name, String peer, String unit) {
    this.name = name;
    this.peer = peer;
    this.unit = unit;
  }

  void add(double ourMeasurement, double theirMeasurement) {
    ours.add(ourMeasurement);
    theirs.add(theirMeasurement);
  }

  /** Adds a line that is shown below the table. */
  void remark(String text) {
    remarks.add(text);
  }

  /** Adds a line that says whether a bar is kept. */
  void bar(String what, double value, double most) {
    judge(what, "at most", most, value <= most);
  }

  /** The same where more is better. */
  void floor(String what, double value, double least) {
    judge(what, "at least", least, value >= least);
  }

  private void judge(String what, String which, double limit, boolean kept) {
    remark(
        String.format(
            Locale.ROOT, "%s (bar: %s %.4g): %s", what, which, limit, kept ? "kept" : "MISSED"));
  }

  /** Shows it below the table once more, as the OSU micro-benchmarks would. */
  void place(OsuPlace wanted) {
    place = wanted;
  }

  @Nullable OsuPlace place() {
    return place;
  }

  /** Keeps what the peer's program printed: the command once, and a line for each pair. */
  void raw(String command, String line) {
    if (raw.isEmpty()) {
      raw.add(command);
    }
    raw.add(line);
  }

  List<String> raw() {
    return List.copyOf(raw);
  }

  String name() {
    return name;
  }

  String peer() {
    return peer;
  }

  String unit() {
    return unit;
  }

  int pairs() {
    return ours.size();
  }

  List<String> remarks() {
    return List.copyOf(remarks);
  }

  List<Double> ourMeasurements() {
    return List.copyOf(ours);
  }

  List<Double> theirMeasurements() {
    return List.copyOf(theirs);
  }

  /** The median of our measurements. */
  double ours() {
    return median(doubles(ours));
  }

  /** The median of the peer's measurements. */
  double theirs() {
    return median(doubles(theirs));
  }

  /** The median of what the pairs say. */
  double ratio() {
    return median(ratios());
  }

  /** The median of the pairwise differences, ours less theirs. */
  double difference() {
    double[] differences = new double[ours.size()];
    Arrays.setAll(differences, i -> ours.get(i) - theirs.get(i));
    return median(differences);
  }

  /** The smallest and the greatest ratio of a pair. */
  String spread() {
    double[] sorted = ratios();
    Arrays.sort(sorted);
    return String.format(Locale.ROOT, "%.2f-%.2f", sorted[0], sorted[sorted.length - 1]);
  }

  /** Between which ratios half of the pairs lie. */
  String middleHalf() {
    double[] sorted = ratios();
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT, "%.2f-%.2f", sorted[sorted.length / 4], sorted[sorted.length * 3 / 4]);
  }

  private double[] ratios() {
    double[] ratios = new double[ours.size()];
    Arrays.setAll(ratios, i -> ours.get(i) / theirs.get(i));
    return ratios;
  }

  private static double[] doubles(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** The middle value, or the mean of the two in the middle. */
  static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
