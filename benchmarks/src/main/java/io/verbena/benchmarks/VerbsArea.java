package io.verbena.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The verbs against C: every measurement is a fresh JVM of JMH's, ours and C's alternating, on the
 * {@linkplain StubLibrary stub library}. Posting uses critical calls, as on adapters whose doorbell
 * is mapped memory.
 */
final class VerbsArea implements Area {
  private static final double MOST_OVER_C_NANOS = 6;

  /** An object has at least 16 bytes; what is less comes from JMH's own threads. */
  private static final double NOTHING_BYTES = 0.01;

  private static final String ALLOCATION = "gc.alloc.rate.norm";

  /** What is measured; the names are methods for JMH. */
  private record Subject(String name, Class<?> type, String ours, String theirs) {
    Comparison comparison() {
      return new Comparison(name, "C", "ns");
    }
  }

  private static final List<Subject> SUBJECTS =
      List.of(
          new Subject("empty poll", EmptyPoll.class, "ours", "inC"),
          new Subject("post of an 8-byte write", PostWrite.class, "ours", "inC"),
          new Subject(
              "post of an 8-byte inline write", PostWrite.class, "oursInline", "inCInline"));

  /** What a fork says: the median of its iterations. */
  private record Measurement(double nanos, double bytes) {}

  @Override
  public String name() {
    return "verbs";
  }

  @Override
  public String peer() {
    return "C";
  }

  @Override
  public String summary() {
    return "an empty poll and a post, against C, on a stub library";
  }

  @Override
  public List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException {
    Path folder = Files.createTempDirectory("verbena-stub");
    try {
      Path library = StubLibrary.compile(folder);
      return measure(plan, library, progress);
    } finally {
      delete(folder);
    }
  }

  private static List<Comparison> measure(Plan plan, Path library, Consumer<String> progress)
      throws IOException {
    List<Comparison> comparisons = SUBJECTS.stream().map(Subject::comparison).toList();
    double[] bytes = new double[SUBJECTS.size()];
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      for (int i = 0; i < SUBJECTS.size(); i++) {
        Subject subject = SUBJECTS.get(i);
        Measurement ours = fork(subject, subject.ours(), plan, library);
        Measurement theirs = fork(subject, subject.theirs(), plan, library);
        comparisons.get(i).add(ours.nanos(), theirs.nanos());
        bytes[i] = Math.max(bytes[i], ours.bytes());
        progress.accept(
            String.format(
                Locale.ROOT,
                "pair %d of %d, %s: ours %.2f ns, C %.2f ns",
                pair,
                plan.pairs(),
                subject.name(),
                ours.nanos(),
                theirs.nanos()));
      }
    }
    for (int i = 0; i < SUBJECTS.size(); i++) {
      judge(comparisons.get(i), bytes[i]);
    }
    return comparisons;
  }

  private static void judge(Comparison comparison, double bytes) {
    comparison.bar(
        String.format(Locale.ROOT, "%.2f ns over C", comparison.difference()),
        comparison.difference(),
        MOST_OVER_C_NANOS);
    comparison.bar(
        bytes < NOTHING_BYTES ? "0 B/op" : String.format(Locale.ROOT, "%.2f B/op", bytes),
        bytes < NOTHING_BYTES ? 0 : bytes,
        0);
  }

  private static Measurement fork(Subject subject, String method, Plan plan, Path library)
      throws IOException {
    Path log = library.resolveSibling("jmh.log");
    Options options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(subject.type().getName() + "." + method) + "$")
            .forks(1)
            .warmupIterations(5)
            .warmupTime(TimeValue.milliseconds(200))
            .measurementIterations(plan.quick() ? 10 : 30)
            .measurementTime(TimeValue.milliseconds(30))
            .addProfiler(GCProfiler.class)
            .jvmArgsAppend(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", // JMH's own
                "-Dverbena.post.critical=true",
                "-D" + StubLibrary.PROPERTY + "=" + library)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.NORMAL)
            .output(log.toString())
            .build();
    try {
      RunResult run = new Runner(options).runSingle();
      return new Measurement(
          median(run, IterationResult::getPrimaryResult),
          median(run, iteration -> iteration.getSecondaryResults().get(ALLOCATION)));
    } catch (RunnerException e) {
      throw new IOException("JMH could not measure " + subject.name() + ": " + reason(e, log), e);
    }
  }

  /** What went wrong in the fork, which JMH only logs. */
  private static String reason(RunnerException e, Path log) throws IOException {
    if (!Files.exists(log)) {
      return String.valueOf(e.getMessage());
    }
    return Files.readAllLines(log).stream()
        .dropWhile(line -> !line.contains("<failure>"))
        .skip(1)
        .filter(line -> !line.isBlank())
        .findFirst()
        .orElse(String.valueOf(e.getMessage()));
  }

  private static double median(RunResult run, Function<IterationResult, Result<?>> value) {
    return Comparison.median(
        run.getBenchmarkResults().stream()
            .flatMap(fork -> fork.getIterationResults().stream())
            .map(value)
            .mapToDouble(Result::getScore)
            .toArray());
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
