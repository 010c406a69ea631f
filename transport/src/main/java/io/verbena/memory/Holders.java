package io.verbena.memory;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
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
              SlabByteBuf.class,
              RegisteredByteBufAllocator.class)
          .map(Class::getName)
          .collect(Collectors.toSet());

  private final Map<Long, Throwable> allocations = new ConcurrentHashMap<>();

  static boolean areWanted() {
    return ResourceLeakDetector.getLevel().compareTo(Level.ADVANCED) >= 0;
  }

  void add(long address, int bytes) {
    allocations.put(
        address,
        new Throwable(
            "%d bytes at 0x%x, allocated by %s"
                .formatted(bytes, address, Thread.currentThread().getName())));
  }

  void remove(long address) {
    allocations.remove(address);
  }

  /** A line for each place that allocated some of them. */
  String describe() {
    if (allocations.isEmpty()) {
      return "-Dio.netty.leakDetection.level=advanced shows who allocated them";
    }
    return allocations.values().stream()
        .limit(MOST_SHOWN)
        .map(Holders::place)
        .collect(Collectors.joining("; "));
  }

  private static String place(Throwable allocation) {
    for (StackTraceElement frame : allocation.getStackTrace()) {
      String name = frame.getClassName();
      if (!OURS.contains(name) && !name.startsWith("io.netty.buffer.")) {
        return allocation.getMessage() + " in " + frame;
      }
    }
    return String.valueOf(allocation.getMessage());
  }
}
