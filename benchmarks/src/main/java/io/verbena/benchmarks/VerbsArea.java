package io.verbena.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The verbs against C: every measurement is a fresh JVM of JMH's, ours and C's alternating, on the
 * {@linkplain StubLibrary stub library}. Posting uses critical calls, as on adapters whose doorbell
 * is mapped memory.
 */
final class VerbsArea implements Area {
  private static final double MOST_OVER_C_NANOS = 4;

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
      StubLibrary.delete(folder);
    }
  }

  private static List<Comparison> measure(Plan plan, Path library, Consumer<String> progress)
      throws IOException {
    List<Comparison> comparisons = SUBJECTS.stream().map(Subject::comparison).toList();
    double[] bytes = new double[SUBJECTS.size()];
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      for (int i = 0; i < SUBJECTS.size(); i++) {
        Subject subject = SUBJECTS.get(i);
        JmhFork.Measurement ours = fork(subject, subject.ours(), plan, library);
        JmhFork.Measurement theirs = fork(subject, subject.theirs(), plan, library);
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
        bytes < JmhFork.NOTHING_BYTES ? "0 B/op" : String.format(Locale.ROOT, "%.2f B/op", bytes),
        bytes < JmhFork.NOTHING_BYTES ? 0 : bytes,
        0);
  }

  private static JmhFork.Measurement fork(Subject subject, String method, Plan plan, Path library)
      throws IOException {
    List<String> jvmArguments =
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow", // JMH's own
            "-Dverbena.post.critical=true",
            "-D" + StubLibrary.PROPERTY + "=" + library);
    return new JmhFork(subject.type(), method, Map.of(), jvmArguments)
        .run(plan.quick(), library.resolveSibling("jmh.log"));
  }
}
