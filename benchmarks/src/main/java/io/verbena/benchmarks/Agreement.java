package io.verbena.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * What was measured beside what was simulated: how near they are, and whether they choose alike.
 */
final class Agreement {
  /**
   * One way of doing a collective.
   *
   * @param nanos of each measurement
   * @param simulated nanoseconds
   */
  record Row(
      int ranks, String collective, String way, long bytes, List<Long> nanos, double simulated) {
    double measured() {
      return Comparison.median(nanos.stream().mapToDouble(Long::doubleValue).toArray());
    }

    double ratio() {
      return measured() / simulated;
    }

    /** With a tab between the columns, and all that was measured. */
    String line() {
      StringBuilder line = new StringBuilder();
      line.append(
          String.format(
              Locale.ROOT,
              "%s\t%s\t%d\t%d\t%.0f\t%.0f",
              collective,
              way,
              bytes,
              ranks,
              simulated,
              measured()));
      nanos.forEach(each -> line.append('\t').append(each));
      return line.toString();
    }
  }

  private final List<Row> rows;

  Agreement(List<Row> rows) {
    this.rows = List.copyOf(rows);
  }

  /** Lines of Markdown. */
  List<String> text() {
    List<String> lines = new ArrayList<>(List.of("## How near they are", ""));
    lines.addAll(ratios());
    lines.addAll(List.of("", "## Whether the fastest by simulation is the fastest measured", ""));
    lines.addAll(choices());
    for (int ranks : new TreeSet<>(rows.stream().map(Row::ranks).toList())) {
      lines.add("");
      lines.add("## %d ranks: measured, and how many times what was simulated".formatted(ranks));
      lines.add("");
      lines.addAll(table(rows.stream().filter(row -> row.ranks() == ranks).toList()));
    }
    return lines;
  }

  /** For each size and number of ranks: where the ratios lie. */
  List<String> ratios() {
    List<String> lines = new ArrayList<>();
    lines.add("| ranks | bytes | times | measured / simulated: median | middle half | all |");
    lines.add("|---|---|---|---|---|---|");
    Map<String, List<Row>> groups = new LinkedHashMap<>();
    List<Row> sorted = new ArrayList<>(rows);
    sorted.sort(Comparator.comparingInt(Row::ranks).thenComparingLong(Row::bytes));
    for (Row row : sorted) {
      String group = "%d | %s".formatted(row.ranks(), SimulationCommand.size(row.bytes()));
      groups.computeIfAbsent(group, _ -> new ArrayList<>()).add(row);
    }
    groups.put("all | all", sorted);
    groups.forEach((group, members) -> lines.add("| %s | %s |".formatted(group, spread(members))));
    return lines;
  }

  private static String spread(List<Row> members) {
    double[] ratios = members.stream().mapToDouble(Row::ratio).toArray();
    Arrays.sort(ratios);
    return String.format(
        Locale.ROOT,
        "%d | %.2f | %.2f-%.2f | %.2f-%.2f",
        ratios.length,
        Comparison.median(ratios),
        ratios[ratios.length / 4],
        ratios[ratios.length * 3 / 4],
        ratios[0],
        ratios[ratios.length - 1]);
  }

  /** A collective of so many ranks and bytes, which can be done in several ways. */
  private record Question(int ranks, String collective, long bytes) {
    @Override
    public String toString() {
      return "%d ranks, %s, %s".formatted(ranks, collective, SimulationCommand.size(bytes));
    }
  }

  /** The way that is the fastest by simulation, and the one that is. */
  private record Choice(Question question, Row taken, Row best) {
    static Choice of(Question question, List<Row> ways) {
      return new Choice(
          question,
          ways.stream().min(Comparator.comparingDouble(Row::simulated)).orElseThrow(),
          ways.stream().min(Comparator.comparingDouble(Row::measured)).orElseThrow());
    }

    double loss() {
      return taken.measured() / best.measured();
    }

    String line() {
      return String.format(
          Locale.ROOT,
          "- %s: %s by simulation, but %s is %.2f times as fast",
          question,
          taken.way(),
          best.way(),
          loss());
    }
  }

  /** Whether what is the fastest by simulation is so when it is measured, too. */
  List<String> choices() {
    Map<Question, List<Row>> questions = new LinkedHashMap<>();
    for (Row row : rows) {
      Question question = new Question(row.ranks(), row.collective(), row.bytes());
      questions.computeIfAbsent(question, _ -> new ArrayList<>()).add(row);
    }
    questions.values().removeIf(ways -> ways.size() < 2);
    List<Choice> all = new ArrayList<>();
    questions.forEach((question, ways) -> all.add(Choice.of(question, ways)));
    List<String> lines = new ArrayList<>();
    lines.add("| bytes | choices | the fastest | within 10 % of it | within 20 % |");
    lines.add("|---|---|---|---|---|");
    for (long bytes : new TreeSet<>(questions.keySet().stream().map(Question::bytes).toList())) {
      List<Choice> some =
          all.stream().filter(choice -> choice.question().bytes() == bytes).toList();
      lines.add(counts(SimulationCommand.size(bytes), some));
    }
    lines.add(counts("all", all));
    lines.add("");
    all.stream().filter(choice -> choice.loss() > 1.2).map(Choice::line).forEach(lines::add);
    return lines;
  }

  private static String counts(String bytes, List<Choice> choices) {
    return "| %s | %d | %d | %d | %d |"
        .formatted(
            bytes,
            choices.size(),
            choices.stream().filter(choice -> choice.loss() == 1).count(),
            choices.stream().filter(choice -> choice.loss() <= 1.1).count(),
            choices.stream().filter(choice -> choice.loss() <= 1.2).count());
  }

  /** A line for each way, a column for each size. */
  private static List<String> table(List<Row> rows) {
    TreeSet<Long> sizes = new TreeSet<>(rows.stream().map(Row::bytes).toList());
    StringBuilder head = new StringBuilder("| |");
    sizes.forEach(bytes -> head.append(' ').append(SimulationCommand.size(bytes)).append(" |"));
    List<String> lines =
        new ArrayList<>(List.of(head.toString(), "|---|" + "---|".repeat(sizes.size())));
    Map<String, Map<Long, Row>> ways = new LinkedHashMap<>();
    rows.forEach(
        row ->
            ways.computeIfAbsent(row.collective() + " " + row.way(), _ -> new LinkedHashMap<>())
                .put(row.bytes(), row));
    ways.forEach(
        (way, cells) -> {
          StringBuilder line = new StringBuilder("| " + way + " |");
          for (long bytes : sizes) {
            Row row = cells.get(bytes);
            line.append(row == null ? " |" : " %s |".formatted(cell(row)));
          }
          lines.add(line.toString());
        });
    return lines;
  }

  private static String cell(Row row) {
    return String.format(
        Locale.ROOT, "%s, %.2f", SimulationCommand.time(row.measured()), row.ratio());
  }
}
