package io.verbena.benchmarks;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The results of a run: a table for the reader, and a file for programs. */
final class Report {
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  /** What a JSON file holds. */
  private record Document(Machine machine, List<Result> results) {}

  /**
   * One comparison in a JSON file.
   *
   * @param ratio the median of the pairwise ours/theirs; the other two are medians by themselves
   * @param difference the median of the pairwise ours - theirs
   * @param ourMeasurements one for each pair, in the order of the run
   * @param peerOutput what the peer's program printed, if it is one
   */
  private record Result(
      String name,
      String peer,
      String unit,
      double ours,
      double theirs,
      double ratio,
      int pairs,
      double difference,
      List<Double> ourMeasurements,
      List<Double> theirMeasurements,
      List<String> peerOutput,
      List<String> remarks) {
    static Result of(Comparison comparison) {
      return new Result(
          comparison.name(),
          comparison.peer(),
          comparison.unit(),
          comparison.ours(),
          comparison.theirs(),
          comparison.ratio(),
          comparison.pairs(),
          comparison.difference(),
          comparison.ourMeasurements(),
          comparison.theirMeasurements(),
          comparison.raw(),
          comparison.remarks());
    }
  }

  /** A column of the table. */
  private record Column(String title, boolean left, Function<Comparison, String> cell) {
    int width(List<Comparison> rows) {
      return rows.stream().map(cell).mapToInt(String::length).reduce(title.length(), Math::max);
    }

    String pad(String text, int width) {
      return left
          ? text + " ".repeat(width - text.length())
          : " ".repeat(width - text.length()) + text;
    }
  }

  private static final List<Column> COLUMNS =
      List.of(
          new Column("name", true, Comparison::name),
          new Column("peer", true, Comparison::peer),
          new Column("unit", true, Comparison::unit),
          new Column("ours", false, row -> number(row.ours())),
          new Column("theirs", false, row -> number(row.theirs())),
          new Column("ratio", false, row -> number(row.ratio())),
          new Column("spread", false, Comparison::spread),
          new Column("pairs", false, row -> Integer.toString(row.pairs())));

  private final Machine machine;
  private final List<Comparison> comparisons;

  Report(Machine machine, List<Comparison> comparisons) {
    this.machine = machine;
    this.comparisons = comparisons;
  }

  /** The table, with the remarks below it. */
  String table() {
    List<String> lines = new ArrayList<>();
    lines.add(line(Column::title));
    for (Comparison row : comparisons) {
      lines.add(line(column -> column.cell().apply(row)));
    }
    lines.add("");
    for (Comparison row : comparisons) {
      row.remarks().forEach(remark -> lines.add(row.name() + ": " + remark));
    }
    lines.add("measured on " + machine);
    lines.addAll(OsuPlace.lines(comparisons));
    return String.join(System.lineSeparator(), lines);
  }

  private String line(Function<Column, String> cell) {
    StringBuilder line = new StringBuilder();
    for (Column column : COLUMNS) {
      line.append(column.pad(cell.apply(column), column.width(comparisons))).append("  ");
    }
    return line.toString().stripTrailing();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  void write(Path file) throws IOException {
    Document document = new Document(machine, comparisons.stream().map(Result::of).toList());
    Files.writeString(file, GSON.toJson(document) + System.lineSeparator());
  }
}
