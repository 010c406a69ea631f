package io.verbena.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The registered allocator against both of Netty's, on threads of Netty's, where those are fastest;
 * of the two the faster counts. Every measurement is a fresh JVM of JMH's, ours and theirs
 * alternating. Without an adapter: what registering costs is not in it. Keys are looked up in
 * regions of the stub library.
 */
final class MemoryArea implements Area {
  private static final double MOST_RATIO = 1.0;
  private static final double MOST_OWN_LOOK_UP_NANOS = 2;
  private static final double MOST_TABLE_LOOK_UP_NANOS = 15;
  private static final double MOST_OVERHEAD_PERCENT = 12;
  private static final double MOST_COPY_RATIO = 1.05;

  private static final List<Integer> SIZES = List.of(64, 1024, 16 << 10, 1 << 20);
  private static final int VIEWED = 1024;

  /** From here on copying takes so long that nothing else shows. */
  private static final int LONG_COPY = 1 << 20;

  private static final String OVERHEAD = "overhead of 1 KiB buffers";

  private static final List<Integer> COPIED = List.of(16 << 10, 1 << 20);

  /**
   * As programs run on JDK 25: Netty uses sun.misc.Unsafe there only if it is told to. Its leak
   * detector watches one buffer of a hundred, chosen at random, of whatever allocator: garbage in
   * which no other would show.
   */
  private static final List<String> JVM =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow", // JMH's own
          "-Dio.netty.noUnsafe=true",
          "-Dio.netty.leakDetection.level=disabled",
          "-Djmh.executor=CUSTOM",
          "-Djmh.executor.class=" + NettyThreads.class.getName());

  /** A way of using buffers, at one size; what is not timed is about garbage. */
  private record Use(String name, Class<?> type, String method, int bytes, boolean timed) {
    JmhFork fork(BufferSource source) {
      return new JmhFork(
          type, method, Map.of("source", source.name(), "bytes", Integer.toString(bytes)), JVM);
    }
  }

  /** A way of finding a key, and what the loop costs without. */
  private record LookUp(String name, String method, String without, double mostNanos) {}

  /**
   * A way of copying.
   *
   * @param isOfOneKind whether moving the bytes is all that takes time
   */
  private record Copy(String name, String method, int bytes, boolean isOfOneKind) {}

  private static final List<LookUp> LOOK_UPS =
      List.of(
          new LookUp("key of a buffer of ours", "ours", "nothing", MOST_OWN_LOOK_UP_NANOS),
          new LookUp("key of a slice of ours", "slice", "nothing", MOST_OWN_LOOK_UP_NANOS),
          new LookUp("key of a retained slice", "retainedSlice", "nothing", MOST_OWN_LOOK_UP_NANOS),
          new LookUp("key by address, 1000 slabs", "address", "nothing", MOST_TABLE_LOOK_UP_NANOS));

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public String peer() {
    return "Netty";
  }

  @Override
  public String summary() {
    return "allocating, releasing, viewing and copying buffers, against Netty's two allocators";
  }

  @Override
  public boolean hasParts() {
    return true;
  }

  @Override
  public List<Comparison> measure(Plan plan, Consumer<String> progress) throws IOException {
    Path log = Files.createTempFile("verbena-jmh", ".log");
    try {
      List<Comparison> comparisons = new ArrayList<>();
      for (Use use : uses()) {
        if (plan.wants(use.name())) {
          comparisons.add(compare(use, plan, log, progress));
        }
      }
      List<LookUp> lookUps = LOOK_UPS.stream().filter(each -> plan.wants(each.name())).toList();
      if (!lookUps.isEmpty()) {
        comparisons.addAll(compare(lookUps, plan, log, progress));
      }
      for (Copy copy : copies()) {
        if (plan.wants(copy.name())) {
          comparisons.add(compare(copy, plan, log, progress));
        }
      }
      if (plan.wants(OVERHEAD)) {
        comparisons.addAll(overhead(plan, progress));
      }
      if (comparisons.isEmpty()) {
        throw new PrerequisiteException("nothing has '%s' in its name".formatted(plan.only()));
      }
      return comparisons;
    } finally {
      Files.delete(log);
    }
  }

  private static List<Use> uses() {
    List<Use> uses = new ArrayList<>();
    for (int bytes : SIZES) {
      uses.add(
          new Use(
              "allocate and release, " + text(bytes),
              AllocateRelease.class,
              "allocateAndRelease",
              bytes,
              true));
    }
    for (int bytes : SIZES) {
      uses.add(
          new Use(
              "release on another thread, " + text(bytes),
              HandOver.class,
              "allocateHereReleaseThere",
              bytes,
              true));
    }
    for (String view : List.of("slice", "duplicate")) {
      uses.add(new Use("retained " + view, RetainedViews.class, view, VIEWED, false));
    }
    return uses;
  }

  private static String text(int bytes) {
    if (bytes < 1 << 10) {
      return bytes + " B";
    }
    return bytes < 1 << 20 ? (bytes >> 10) + " KiB" : (bytes >> 20) + " MiB";
  }

  private static Comparison compare(Use use, Plan plan, Path log, Consumer<String> progress)
      throws IOException {
    var comparison = new Comparison(use.name(), "Netty", "ns");
    double garbage = 0;
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      JmhFork.Measurement ours = use.fork(BufferSource.OURS).run(plan.quick(), log);
      JmhFork.Measurement pooled = use.fork(BufferSource.POOLED).run(plan.quick(), log);
      JmhFork.Measurement adaptive = use.fork(BufferSource.ADAPTIVE).run(plan.quick(), log);
      comparison.add(ours.nanos(), Math.min(pooled.nanos(), adaptive.nanos()));
      garbage = Math.max(garbage, ours.bytes() - Math.min(pooled.bytes(), adaptive.bytes()));
      progress.accept(
          String.format(
              Locale.ROOT,
              "pair %d of %d, %s: ours %.1f ns, pooled %.1f ns, adaptive %.1f ns",
              pair,
              plan.pairs(),
              use.name(),
              ours.nanos(),
              pooled.nanos(),
              adaptive.nanos()));
    }
    if (use.timed()) {
      comparison.bar("ratio to the faster of two", comparison.ratio(), MOST_RATIO);
    }
    comparison.bar(
        String.format(Locale.ROOT, "%.2f B/op beyond Netty's", garbage),
        garbage < JmhFork.NOTHING_BYTES ? 0 : garbage,
        0);
    return comparison;
  }

  private static List<Comparison> compare(
      List<LookUp> lookUps, Plan plan, Path log, Consumer<String> progress) throws IOException {
    Path folder = Files.createTempDirectory("verbena-stub");
    try {
      List<String> jvm = new ArrayList<>(JVM);
      jvm.add("-D" + StubLibrary.PROPERTY + "=" + StubLibrary.compile(folder));
      List<Comparison> comparisons = new ArrayList<>();
      for (LookUp lookUp : lookUps) {
        comparisons.add(compare(lookUp, jvm, plan, log, progress));
      }
      return comparisons;
    } finally {
      StubLibrary.delete(folder);
    }
  }

  private static Comparison compare(
      LookUp lookUp, List<String> jvm, Plan plan, Path log, Consumer<String> progress)
      throws IOException {
    var comparison = new Comparison(lookUp.name(), "the loop alone", "ns");
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      double with = lookUp(lookUp.method(), jvm, plan, log);
      double without = lookUp(lookUp.without(), jvm, plan, log);
      comparison.add(with, without);
      progress.accept(
          String.format(
              Locale.ROOT,
              "pair %d of %d, %s: %.2f ns, the loop alone %.2f ns",
              pair,
              plan.pairs(),
              lookUp.name(),
              with,
              without));
    }
    comparison.bar(
        String.format(Locale.ROOT, "%.2f ns", comparison.difference()),
        comparison.difference(),
        lookUp.mostNanos());
    return comparison;
  }

  private static double lookUp(String method, List<String> jvm, Plan plan, Path log)
      throws IOException {
    return new JmhFork(KeyLookUp.class, method, Map.of(), jvm).run(plan.quick(), log).nanos();
  }

  private static List<Copy> copies() {
    List<Copy> copies = new ArrayList<>();
    for (int bytes : COPIED) {
      copies.add(new Copy("foreign bytes to a buffer, " + text(bytes), "copy", bytes, true));
    }
    for (int bytes : COPIED) {
      copies.add(
          new Copy(
              "copy of a foreign buffer, " + text(bytes), "register", bytes, bytes >= LONG_COPY));
    }
    return copies;
  }

  private static Comparison compare(Copy copy, Plan plan, Path log, Consumer<String> progress)
      throws IOException {
    var comparison = new Comparison(copy.name(), "memcpy", "ns");
    Map<String, String> size = Map.of("bytes", Integer.toString(copy.bytes()));
    double garbage = 0;
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      JmhFork.Measurement ours =
          new JmhFork(CopyForeign.class, copy.method(), size, JVM).run(plan.quick(), log);
      JmhFork.Measurement theirs =
          new JmhFork(CopyForeign.class, "memcpy", size, JVM).run(plan.quick(), log);
      comparison.add(ours.nanos(), theirs.nanos());
      garbage = Math.max(garbage, ours.bytes());
      progress.accept(
          String.format(
              Locale.ROOT,
              "pair %d of %d, %s: ours %.0f ns, memcpy %.0f ns",
              pair,
              plan.pairs(),
              copy.name(),
              ours.nanos(),
              theirs.nanos()));
    }
    if (copy.isOfOneKind()) {
      comparison.bar("ratio to memcpy", comparison.ratio(), MOST_COPY_RATIO);
    }
    comparison.remark(
        String.format(
            Locale.ROOT, "%.0f ns beyond memcpy; %.2f B/op", comparison.difference(), garbage));
    return comparison;
  }

  private static List<Comparison> overhead(Plan plan, Consumer<String> progress) {
    String some = "%s, %d MiB".formatted(OVERHEAD, MemoryOverhead.LEAST_MEBIBYTES);
    String more = "%s to %d MiB, worst".formatted(some, MemoryOverhead.MOST_MEBIBYTES);
    var least = new Comparison(some, "Netty", "%");
    var worst = new Comparison(more, "Netty", "%");
    double reached = 0;
    for (int pair = 1; pair <= plan.pairs(); pair++) {
      MemoryOverhead ours = MemoryOverhead.of(BufferSource.OURS);
      MemoryOverhead pooled = MemoryOverhead.of(BufferSource.POOLED);
      MemoryOverhead adaptive = MemoryOverhead.of(BufferSource.ADAPTIVE);
      least.add(ours.least(), Math.min(pooled.least(), adaptive.least()));
      worst.add(ours.worst(), Math.min(pooled.worst(), adaptive.worst()));
      reached = Math.max(reached, ours.reaches(MOST_OVERHEAD_PERCENT));
      progress.accept(
          String.format(
              Locale.ROOT,
              "pair %d of %d, %s: ours %.1f %%, pooled %.1f %%, adaptive %.1f %%",
              pair,
              plan.pairs(),
              more,
              ours.worst(),
              pooled.worst(),
              adaptive.worst()));
    }
    for (Comparison each : List.of(least, worst)) {
      each.bar(
          String.format(Locale.ROOT, "%.1f %%", each.ours()), each.ours(), MOST_OVERHEAD_PERCENT);
    }
    worst.remark(
        String.format(
            Locale.ROOT, "never above %.0f %% from %.1f MiB on", MOST_OVERHEAD_PERCENT, reached));
    return List.of(least, worst);
  }
}
