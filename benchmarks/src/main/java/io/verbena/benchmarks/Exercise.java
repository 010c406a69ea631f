package io.verbena.benchmarks;

import java.util.Arrays;
import java.util.Set;

/** What ranks do together to be measured. */
enum Exercise {
  LATENCY("latency", "latency", "Latency"),
  STREAM("stream", "bw", "Bandwidth"),
  BOTH_WAYS("both ways", "bibw", "Bi-Directional Bandwidth"),
  BARRIER("barrier", "barrier", "Barrier Latency"),
  BROADCAST("broadcast", "bcast", "Broadcast Latency"),
  REDUCE("reduce", "reduce", "Reduce Latency"),
  ALL_REDUCE("all-reduce", "allreduce", "Allreduce Latency"),
  GATHER("gather", "gather", "Gather Latency"),
  SCATTER("scatter", "scatter", "Scatter Latency"),
  ALL_GATHER("all-gather", "allgather", "Allgather Latency"),
  ALL_TO_ALL("all-to-all", "alltoall", "All-to-All Personalized Exchange Latency"),
  REDUCE_SCATTER("reduce-scatter", "reduce_scatter", "Reduce_scatter Latency"),
  SCAN("scan", "scan", "Scan Latency");

  /** Messages of a window of {@link #STREAM} and {@link #BOTH_WAYS}. */
  static final int WINDOW = 64;

  private static final Set<Exercise> OF_PAIRS = Set.of(LATENCY, STREAM, BOTH_WAYS);
  private static final Set<Exercise> OF_NUMBERS = Set.of(REDUCE, ALL_REDUCE, REDUCE_SCATTER, SCAN);
  private static final Set<Exercise> ONE_SIDED = Set.of(BROADCAST, REDUCE, GATHER, SCATTER, SCAN);

  private final String label;
  private final String osuName;
  private final String title;

  Exercise(String label, String osuName, String title) {
    this.label = label;
    this.osuName = osuName;
    this.title = title;
  }

  /** As our tables and {@code collectives.c} call it. */
  String label() {
    return label;
  }

  /** As the OSU micro-benchmarks call their program, without their prefix. */
  String osuName() {
    return osuName;
  }

  /** As the OSU micro-benchmarks call it in their output. */
  String title() {
    return title;
  }

  static Exercise of(String label) {
    return Arrays.stream(values())
        .filter(each -> each.label.equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown: " + label));
  }

  /** Whether it is done by two ranks, and by each two of more. */
  boolean isOfPairs() {
    return OF_PAIRS.contains(this);
  }

  /** Whether the more of it the better. */
  boolean isRate() {
    return this == STREAM || this == BOTH_WAYS;
  }

  boolean hasSize() {
    return this != BARRIER;
  }

  /** Whether it computes with floats; bytes are moved otherwise. */
  boolean isOfNumbers() {
    return OF_NUMBERS.contains(this);
  }

  /** Whether some ranks have done their part before all have come. */
  boolean isOneSided() {
    return ONE_SIDED.contains(this);
  }
}
