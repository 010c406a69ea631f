package io.verbena.collective;

import com.sun.management.ThreadMXBean;
import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A rank of two, that does things in rounds, and prints how many bytes of heap its thread allocates
 * for each at least, in a round. Each kind in a process of its own: what ran before in a JVM
 * decides how well it compiles what runs later.
 */
final class CollectiveGarbageProgram {
  private static final int ROUNDS = 30;
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private CollectiveGarbageProgram() {}

  /** What is measured. */
  private interface Action {
    void run() throws IOException;
  }

  /**
   * Prints the bytes of a thousand operations.
   *
   * @param args what to do, how often in a round, and the bytes that are hoped for
   */
  public static void main(String... args) throws IOException {
    var config = TransportConfig.defaults().withRdma(RdmaMode.OFF);
    int count = Integer.parseInt(args[1]);
    try (Communicator world = Communicator.world(config, Duration.ofSeconds(60));
        Arena arena = Arena.ofShared()) {
      world.setTimeout(Duration.ofSeconds(60));
      measure(world, action(args[0], world, arena), count, Long.parseLong(args[2]));
    }
  }

  private static void measure(Communicator world, Action action, int count, long hoped)
      throws IOException {
    long[] votes = new long[2];
    Elements vote = Elements.of(votes);
    long least = Long.MAX_VALUE;
    long start = System.nanoTime();
    int round = 0;
    boolean more = true;
    while (more) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < count; i++) {
        action.run();
      }
      long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
      least = Math.min(least, bytes * 1000 / count);
      round++;
      // Both go on as long as one of them wants to.
      votes[0] = least > hoped && round < ROUNDS && System.nanoTime() - start < MOST_NANOS ? 1 : 0;
      world.allReduce(Elements.inPlace(), vote, Reduction.MAX);
      more = votes[0] > 0;
    }
    System.out.println("rank " + world.rank() + " " + least + " in round " + round);
  }

  private static Elements doubles(Arena arena, long count) {
    return Elements.of(arena.allocate(ValueLayout.JAVA_DOUBLE, count), ValueLayout.JAVA_DOUBLE);
  }

  private static Action action(String what, Communicator world, Arena arena) {
    return switch (what) {
      case "send-receive-8" -> sendReceive(world, doubles(arena, 1));
      case "send-receive-65536" -> sendReceive(world, doubles(arena, 8192));
      case "barrier" -> world::barrier;
      case "all-reduce-8" -> allReduce(world, doubles(arena, 1));
      case "all-reduce-65536" -> allReduce(world, doubles(arena, 8192));
      case "prepared-barrier" -> again(world.preparing().barrier());
      case "prepared-all-reduce-8" -> again(prepared(world, doubles(arena, 1)));
      case "prepared-all-reduce-65536" -> again(prepared(world, doubles(arena, 8192)));
      default -> throw new IllegalArgumentException(what);
    };
  }

  private static Action sendReceive(Communicator world, Elements data) {
    int other = 1 - world.rank();
    return world.rank() == 0
        ? () -> {
          world.send(data, other, 7);
          world.receive(data, other, 8);
        }
        : () -> {
          world.receive(data, other, 7);
          world.send(data, other, 8);
        };
  }

  private static Action allReduce(Communicator world, Elements data) {
    return () -> world.allReduce(Elements.inPlace(), data, Reduction.MAX);
  }

  private static CollectiveOperation prepared(Communicator world, Elements data) {
    return world.preparing().allReduce(Elements.inPlace(), data, Reduction.MAX);
  }

  private static Action again(CollectiveOperation operation) {
    return () -> operation.start().await();
  }
}
