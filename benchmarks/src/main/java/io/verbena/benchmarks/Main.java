package io.verbena.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ./verbena perf}: measures ours and its peers, and shows a table. */
@Command(
    name = "verbena perf",
    sortOptions = false,
    description = "Measures Verbena and its peers, alternating in one run.",
    subcommands = {SimulationCommand.class, OsuCommand.class},
    footer = {
      "",
      "Exit status: 0 measured, 1 a measurement failed, 2 misuse or missing prerequisite."
    })
public final class Main implements Callable<Integer> {
  /** Fewer pairs say nothing about what is noise. */
  private static final int LEAST_PAIRS = 7;

  private static final int QUICK_PAIRS = 3;
  private static final int FAILED = 1;
  private static final int MISUSE = 2;

  private static final List<Area> AREAS =
      List.of(
          new VerbsArea(),
          new PerftestArea(),
          new TransportArea(),
          new RdmaTransportArea(),
          new UcxArea(),
          EndpointsArea.overTcp(),
          EndpointsArea.overRdma(),
          new MemoryArea(),
          new OpenMpiArea(),
          new ReductionArea());

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      arity = "0..1", // not before a subcommand
      paramLabel = "AREA",
      description = "What to measure: ${COMPLETION-CANDIDATES}",
      completionCandidates = AreaList.class)
  private String area = "";

  @Option(
      names = "--against",
      paramLabel = "PEER",
      description = "The peer, where an area has several: the first of them if not given.")
  private @Nullable String against;

  @Option(names = "--json", paramLabel = "FILE", description = "Also write the results to FILE.")
  private @Nullable Path json;

  @Option(names = "--quick", description = "Measure less: for a look, not for a result.")
  private boolean quick;

  @Option(
      names = "--pairs",
      paramLabel = "N",
      description = "How often to measure each, at least 7; with --quick at least 1, else 3.")
  private @Nullable Integer pairs;

  @Option(
      names = "--only",
      paramLabel = "WORDS",
      description =
          "Of memory and collectives, measure only what has this in its name, as \"key of\".")
  private String only = "";

  @SuppressWarnings("unused") // picocli acts on it
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** What can be measured, for the help. */
  static final class AreaList implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return AREAS.stream().map(Main::described).iterator();
    }
  }

  private static String described(Area area) {
    boolean first =
        AREAS.stream()
            .filter(each -> each.name().equals(area.name()))
            .findFirst()
            .orElseThrow()
            .peer()
            .equals(area.peer());
    return area.name() + (first ? "" : " --against " + area.peer()) + " (" + area.summary() + ")";
  }

  private Main() {}

  /**
   * Runs the command and ends the process.
   *
   * @param arguments see {@code --help}
   */
  public static void main(String... arguments) {
    // Before anything logs: what Verbena has to say about each connection is no progress.
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(
            (e, args) -> complain(e.getMessage() + "; see ./verbena perf --help", MISUSE))
        .setExecutionExceptionHandler(
            (e, line, result) ->
                complain(reason(e), e instanceof PrerequisiteException ? MISUSE : FAILED))
        .execute(arguments);
  }

  private static int complain(String message, int status) {
    System.err.println("verbena perf: " + message.lines().findFirst().orElse(""));
    return status;
  }

  private static String reason(Exception e) {
    return e instanceof IOException && e.getMessage() != null ? e.getMessage() : e.toString();
  }

  @Override
  public Integer call() throws IOException {
    Area chosen = chosenArea();
    Area.Plan plan = new Area.Plan(pairsToMeasure(), quick, only);
    if (!only.isEmpty() && !chosen.hasParts()) {
      throw misuse("--only is for memory and collectives");
    }
    checkWritable(json);
    Machine machine = Machine.current();
    System.err.println("on " + machine);
    if (machine.isBusy()) {
      System.err.println("others keep this machine busy: look at the spread before the ratio");
    }
    Report report = new Report(machine, chosen.measure(plan, System.err::println));
    System.out.println(report.table());
    if (json != null) {
      report.write(json);
    }
    return 0;
  }

  private Area chosenArea() {
    List<Area> named = AREAS.stream().filter(each -> each.name().equals(area)).toList();
    if (named.isEmpty()) {
      String what = area.isEmpty() ? "no area" : "unknown area '%s'".formatted(area);
      throw misuse(what + ": choose from " + listed(AREAS, Area::name));
    }
    return named.stream()
        .filter(each -> against == null || each.peer().equals(against))
        .findFirst()
        .orElseThrow(
            () ->
                misuse(
                    "%s is not measured against '%s': choose from %s"
                        .formatted(area, against, listed(named, Area::peer))));
  }

  private static String listed(List<Area> areas, Function<Area, String> word) {
    return areas.stream().map(word).distinct().collect(Collectors.joining(", "));
  }

  private int pairsToMeasure() {
    int least = quick ? 1 : LEAST_PAIRS;
    if (pairs == null) {
      return quick ? QUICK_PAIRS : LEAST_PAIRS;
    }
    if (pairs < least) {
      throw misuse("--pairs must be at least " + least + (quick ? "" : ", or use --quick"));
    }
    return pairs;
  }

  /** Before minutes of measuring, not after. */
  private void checkWritable(@Nullable Path file) {
    if (file == null) {
      return;
    }
    Path folder = file.toAbsolutePath().getParent();
    boolean writable =
        Files.exists(file)
            ? Files.isRegularFile(file) && Files.isWritable(file)
            : folder != null && Files.isDirectory(folder) && Files.isWritable(folder);
    if (!writable) {
      throw misuse("--json: cannot write " + file);
    }
  }

  private ParameterException misuse(String message) {
    if (spec == null) {
      throw new IllegalStateException("picocli sets the specification before it calls");
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
