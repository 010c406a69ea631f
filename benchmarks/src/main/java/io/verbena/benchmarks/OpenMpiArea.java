package io.verbena.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Collectives over TCP against Open MPI's in C, both started by its {@code mpirun}: two ranks, each
 * bound to a core, then four on the same two.
 */
final class OpenMpiArea implements Area {
  private static final String LAUNCHER = "mpirun.openmpi";
  private static final String COMPILER = "mpicc.openmpi";
  private static final String SOURCE = "collectives.c";
  private static final int PATIENCE_SECONDS = 180;
  private static final int LESS = 4;

  /** What is measured, how often in a batch, and what the ratio may be. */
  private record Case(String name, int bytes, int repeats, double bar) {
    String argument(int divisor) {
      return "%s:%d:%d".formatted(name, bytes, Math.max(1, repeats / divisor));
    }

    String key() {
      return name + " " + bytes;
    }
  }

  private static final List<Case> PAIR =
      List.of(
          new Case("latency", 8, 1000, 0.9),
          new Case("barrier", 0, 1000, 0.85),
          new Case("all-reduce", 8, 1000, 0.85),
          new Case("all-reduce", 64 << 10, 100, 0.9),
          new Case("all-reduce", 4 << 20, 3, 0.75),
          new Case("stream", 1 << 20, 1, 1.0));

  private static final List<Case> FOUR =
      List.of(
          new Case("barrier", 0, 300, 1.0),
          new Case("all-reduce", 8, 300, 1.0),
          new Case("all-reduce", 64 << 10, 30, 1.0),
          new Case("all-reduce", 4 << 20, 2, 1.0));

  @Override
  public String name() {
    return "collectives";
  }

  @Override
  public String peer() {
    return "openmpi";
  }

  @Override
  public String summary() {
    return "collectives over TCP, against Open MPI's";
  }

  @Override
  public boolean hasParts() {
    return true;
  }

  @Override
  public List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException {
    for (String program : List.of(LAUNCHER, COMPILER)) {
      if (!ProgramPair.isInstalled(program)) {
        throw new PrerequisiteException(
            program
                + " is missing: install Open MPI, on Debian with"
                + " apt-get install openmpi-bin libopenmpi-dev gcc libc6-dev");
      }
    }
    Path folder = Files.createTempDirectory("verbena-openmpi");
    try {
      Path theirs = compile(folder);
      List<Comparison> rows = new ArrayList<>(measure(2, PAIR, theirs, plan, progress));
      rows.addAll(measure(4, FOUR, theirs, plan, progress));
      return rows;
    } finally {
      delete(folder);
    }
  }

  private static List<Comparison> measure(
      int ranks, List<Case> all, Path theirs, Plan plan, Consumer<String> progress)
      throws IOException {
    Map<String, Comparison> rows = new LinkedHashMap<>();
    List<Case> cases = new ArrayList<>();
    for (Case each : all) {
      String title =
          "%d ranks, %s%s, p50"
              .formatted(ranks, each.name(), each.bytes() == 0 ? "" : " " + size(each.bytes()));
      if (plan.wants(title)) {
        cases.add(each);
        rows.put(each.key(), new Comparison(title, "Open MPI", "us"));
      }
    }
    if (cases.isEmpty()) {
      return List.of();
    }
    List<String> arguments =
        cases.stream().map(each -> each.argument(plan.quick() ? LESS : 1)).toList();
    List<String> ours = launch(ranks, java(), arguments);
    List<String> peers = launch(ranks, List.of(theirs.toString()), arguments);
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      Map<String, Double> own = run(ours);
      Map<String, Double> other = run(peers);
      progress.accept("%d ranks, pair %d of %d".formatted(ranks, pair, plan.pairs()));
      for (Case each : cases) {
        Comparison row = rows.get(each.key());
        if (row == null || !own.containsKey(each.key()) || !other.containsKey(each.key())) {
          throw new IOException("no result for " + each.key());
        }
        row.add(own.get(each.key()), other.get(each.key()));
        progress.accept(
            String.format(
                Locale.ROOT,
                "  %s: ours %.2f, Open MPI %.2f us",
                row.name(),
                own.get(each.key()),
                other.get(each.key())));
      }
    }
    for (Case each : cases) {
      Comparison row = rows.get(each.key());
      if (row != null) {
        String ratio = String.format(Locale.ROOT, "%.3f times %s", row.ratio(), row.peer());
        row.bar(ratio, row.ratio(), each.bar());
      }
    }
    return List.copyOf(rows.values());
  }

  private static String size(int bytes) {
    if (bytes >= 1 << 20) {
      return (bytes >> 20) + " MiB";
    }
    return bytes >= 1 << 10 ? (bytes >> 10) + " KiB" : bytes + " B";
  }

  private static List<String> java() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--add-modules=jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
        "-cp",
        System.getProperty("java.class.path"),
        CollectivesProgram.class.getName());
  }

  private static List<String> launch(int ranks, List<String> program, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(LAUNCHER, "-np", Integer.toString(ranks)));
    // More ranks than cores cannot be bound one to each.
    command.addAll(
        ranks > 2 ? List.of("--oversubscribe", "--bind-to", "none") : List.of("--bind-to", "core"));
    command.addAll(List.of("--mca", "btl", "tcp,self"));
    command.addAll(program);
    command.addAll(arguments);
    return command;
  }

  /** Microseconds by name and bytes. */
  private static Map<String, Double> run(List<String> command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    // It refuses root's programs unless it is told twice.
    builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT", "1");
    builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    Process process = builder.start();
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(String.join(" ", command) + " failed or did not end");
      }
      return parse(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  static Map<String, Double> parse(String text) {
    Map<String, Double> results = new LinkedHashMap<>();
    String name = "";
    for (String line : text.lines().map(String::strip).toList()) {
      if (line.startsWith("# Size")) {
        continue;
      }
      if (line.startsWith("# ")) {
        name = line.substring(2);
      } else if (!line.isEmpty()) {
        List<String> columns = Arrays.asList(line.split("\\s+", -1));
        results.put(name + " " + columns.get(0), Double.valueOf(columns.get(1)));
      }
    }
    return results;
  }

  private static Path compile(Path folder) throws IOException {
    Path source = folder.resolve(SOURCE);
    try (InputStream in = OpenMpiArea.class.getResourceAsStream("c/" + SOURCE)) {
      if (in == null) {
        throw new IOException("c/" + SOURCE + " is missing from the build");
      }
      Files.copy(in, source);
    }
    Path program = folder.resolve("collectives");
    Process process =
        new ProcessBuilder(COMPILER, "-O2", "-o", program.toString(), source.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new PrerequisiteException(
            "%s does not work here (%s); on Debian, apt-get install libopenmpi-dev gcc libc6-dev"
                .formatted(COMPILER, output.lines().findFirst().orElse("no reason given")));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return program;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
