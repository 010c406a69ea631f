package io.verbena.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
  private static final String PROGRAM = "collectives";

  /**
   * Pairs of batches for each launch: where the host puts the processors changes within seconds.
   */
  private static final int BATCHES = 15;

  /** How often all that is measured is done before anything is: the compiler needs it. */
  private static final int WARM_UPS = 4;

  private static final int WARM_UP_BATCHES = 8;
  private static final int LESS = 2;

  /**
   * What is measured.
   *
   * @param repeats how often in a batch
   * @param prepared whether ours is prepared; theirs always blocks
   * @param bar what the ratio may be; 0 if it may be anything
   */
  private record Case(Exercise exercise, int bytes, int repeats, boolean prepared, double bar) {
    Case(Exercise exercise, int bytes, int repeats, double bar) {
      this(exercise, bytes, repeats, !exercise.isOfPairs(), bar);
    }

    Case blocking() {
      return new Case(exercise, bytes, repeats, false, 0);
    }

    String argument(int divisor) {
      return "%s:%d:%d:%s"
          .formatted(
              exercise.label(),
              bytes,
              Math.max(1, repeats / divisor),
              prepared ? CollectivesProgram.PREPARED : "blocking");
    }

    String title(int ranks) {
      return "%d ranks, %s%s%s, p50"
          .formatted(
              ranks,
              prepared || exercise.isOfPairs() ? "" : "blocking ",
              exercise.label(),
              exercise.hasSize() ? " " + size(bytes) : "");
    }
  }

  private static final List<Case> PAIR =
      List.of(
          new Case(Exercise.LATENCY, 8, 2000, 0.9),
          new Case(Exercise.BARRIER, 0, 2500, 0.85),
          new Case(Exercise.ALL_REDUCE, 8, 2500, 0.85),
          new Case(Exercise.ALL_REDUCE, 64 << 10, 500, 0.9),
          new Case(Exercise.ALL_REDUCE, 4 << 20, 10, 0.75),
          new Case(Exercise.STREAM, 1 << 20, 2, 1.0));

  private static final List<Case> FOUR =
      List.of(
          new Case(Exercise.LATENCY, 8, 500, 1.0),
          new Case(Exercise.BARRIER, 0, 500, 1.0),
          new Case(Exercise.ALL_REDUCE, 8, 500, 1.0),
          new Case(Exercise.ALL_REDUCE, 64 << 10, 100, 1.0),
          new Case(Exercise.ALL_REDUCE, 4 << 20, 4, 1.0),
          new Case(Exercise.STREAM, 1 << 20, 1, 1.0));

  /** What no bar is for is measured if it is asked for, with sizes of a rank's block. */
  private static final List<Exercise> FOR_LOOKS =
      List.of(
          Exercise.BROADCAST,
          Exercise.REDUCE,
          Exercise.GATHER,
          Exercise.SCATTER,
          Exercise.ALL_GATHER,
          Exercise.ALL_TO_ALL,
          Exercise.REDUCE_SCATTER,
          Exercise.SCAN);

  private static List<Case> all(List<Case> judged, Plan plan) {
    List<Case> all = new ArrayList<>(judged);
    judged.stream().filter(Case::prepared).map(Case::blocking).forEach(all::add);
    if (!plan.only().isEmpty()) {
      for (Exercise each : FOR_LOOKS) {
        all.add(new Case(each, 256, 400, 0));
        all.add(new Case(each, 64 << 10, 100, 0));
        all.add(new Case(each, 1 << 20, 8, 0));
      }
    }
    return all;
  }

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
      compile(folder);
      List<Comparison> rows = new ArrayList<>(measure(2, all(PAIR, plan), folder, plan, progress));
      rows.addAll(measure(4, all(FOUR, plan), folder, plan, progress));
      return rows;
    } finally {
      delete(folder);
    }
  }

  private static List<Comparison> measure(
      int ranks, List<Case> all, Path folder, Plan plan, Consumer<String> progress)
      throws IOException {
    Map<Case, Comparison> rows = new LinkedHashMap<>();
    for (Case each : all) {
      String title = each.title(ranks);
      if (plan.wants(title)) {
        var row = new Comparison(title, "Open MPI", "us");
        row.place(new OsuPlace(ranks, each.exercise(), each.bytes(), each.prepared()));
        rows.put(each, row);
      }
    }
    if (rows.isEmpty()) {
      return List.of();
    }
    int divisor = plan.quick() ? LESS : 1;
    for (int launch = 1; launch <= plan.pairs(); launch++) {
      progress.accept("%d ranks, launch %d of %d".formatted(ranks, launch, plan.pairs()));
      try (LaunchedRanks ours = launch(ranks, java(), folder.resolve("ours"));
          LaunchedRanks peers =
              launch(ranks, List.of(folder.resolve(PROGRAM).toString()), folder.resolve("peers"))) {
        for (int round = 0; round < WARM_UPS; round++) {
          for (Case each : rows.keySet()) {
            for (int batch = 0; batch < WARM_UP_BATCHES; batch++) {
              ours.batch(each.argument(divisor));
            }
            peers.batch(each.argument(divisor));
          }
        }
        for (Map.Entry<Case, Comparison> each : rows.entrySet()) {
          progress.accept("  " + alternate(each.getKey(), divisor, ours, peers, each.getValue()));
        }
      }
    }
    rows.forEach(
        (each, row) -> {
          String ratio =
              String.format(
                  Locale.ROOT,
                  "%.3f times %s, half of the pairs %s",
                  row.ratio(),
                  row.peer(),
                  row.middleHalf());
          if (each.bar() > 0) {
            row.bar(ratio, row.ratio(), each.bar());
          } else {
            row.remark(ratio);
          }
        });
    return List.copyOf(rows.values());
  }

  /** Batches of both sides in turns; who begins changes, too. */
  private static String alternate(
      Case what, int divisor, LaunchedRanks ours, LaunchedRanks peers, Comparison row)
      throws IOException {
    String ask = what.argument(divisor);
    Comparison here = new Comparison(row.name(), row.peer(), row.unit());
    for (int pair = 0; pair < BATCHES; pair++) {
      double own;
      double other;
      if (pair % 2 == 0) {
        own = mean(ours.batch(ask));
        other = mean(peers.batch(ask));
      } else {
        other = mean(peers.batch(ask));
        own = mean(ours.batch(ask));
      }
      here.add(own, other);
      row.add(own, other);
    }
    return String.format(
        Locale.ROOT,
        "%s: ours %.2f, Open MPI %.2f us, ratio %.2f",
        here.name(),
        here.ours(),
        here.theirs(),
        here.ratio());
  }

  private static double mean(List<String> ofRanks) {
    return ofRanks.stream().mapToDouble(Double::parseDouble).average().orElseThrow();
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

  private static LaunchedRanks launch(int ranks, List<String> program, Path log)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(LAUNCHER, "-np", Integer.toString(ranks)));
    // More ranks than cores cannot be bound one to each.
    command.addAll(
        ranks > 2 ? List.of("--oversubscribe", "--bind-to", "none") : List.of("--bind-to", "core"));
    command.addAll(List.of("--mca", "btl", "tcp,self"));
    command.addAll(program);
    // It refuses root's programs unless it is told twice.
    return LaunchedRanks.start(
        ranks,
        command,
        Map.of("OMPI_ALLOW_RUN_AS_ROOT", "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
        log);
  }

  private static void compile(Path folder) throws IOException {
    Path source = folder.resolve(SOURCE);
    try (InputStream in = OpenMpiArea.class.getResourceAsStream("c/" + SOURCE)) {
      if (in == null) {
        throw new IOException("c/" + SOURCE + " is missing from the build");
      }
      Files.copy(in, source);
    }
    Path program = folder.resolve(PROGRAM);
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
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
