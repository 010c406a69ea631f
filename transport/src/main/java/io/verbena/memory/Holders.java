package io.verbena.memory;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IntSummaryStatistics;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who allocated the buffers that are in use, while Netty's leak detection is at {@code ADVANCED} or
 * {@code PARANOID}. Knows addresses, not buffers: those must stay unreachable once they are leaked.
 */
final class Holders {
  private static final int MOST_SHOWN = 10;

  private static final Set<String> OURS =
      Stream.of(
              Holders.class,
              RegisteredByteBuf.class,
              RetainedView.class,
              SlabByteBuf.class,
              RegisteredByteBufAllocator.class)
          .map(Class::getName)
          .collect(Collectors.toSet());

  private record Allocation(int bytes, Throwable where) {}

  private final Map<Long, Allocation> allocations = new ConcurrentHashMap<>();

  static boolean areWanted() {
    return ResourceLeakDetector.getLevel().compareTo(Level.ADVANCED) >= 0;
  }

  void add(long address, int bytes) {
    allocations.put(address, new Allocation(bytes, new Throwable()));
  }

  void remove(long address) {
    allocations.remove(address);
  }

  /** How many of them each place allocated: that with most of them first. */
  String describe() {
    if (allocations.isEmpty()) {
      return "-Dio.netty.leakDetection.level=advanced shows who allocated them";
    }
    Map<String, IntSummaryStatistics> places =
        allocations.values().stream()
            .collect(
                Collectors.groupingBy(
                    each -> place(each.where), Collectors.summarizingInt(Allocation::bytes)));
    String most =
        places.entrySet().stream()
            .sorted(
                Comparator.comparingLong(
                        (Map.Entry<String, IntSummaryStatistics> each) ->
                            each.getValue().getCount())
                    .reversed()
                    .thenComparing(Map.Entry::getKey))
            .limit(MOST_SHOWN)
            .map(each -> line(each.getKey(), each.getValue()))
            .collect(Collectors.joining("; "));
    int more = places.size() - MOST_SHOWN;
    return more > 0 ? "%s; and %d more places".formatted(most, more) : most;
  }

  private static String line(String place, IntSummaryStatistics buffers) {
    return "%d of %d bytes together in %s".formatted(buffers.getCount(), buffers.getSum(), place);
  }

  private static String place(Throwable allocation) {
    return Arrays.stream(allocation.getStackTrace())
        .filter(frame -> !OURS.contains(frame.getClassName()))
        .filter(frame -> !frame.getClassName().startsWith("io.netty.buffer."))
        .findFirst()
        .map(StackTraceElement::toString)
        .orElse("an unknown place");
  }
}
