package io.verbena.samples.parallel;

import io.verbena.collective.CollectiveException;
import io.verbena.collective.CollectiveOperation;
import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import io.verbena.collective.Reduction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What docs/collectives.md shows. */
final class Guide {
  private Guide() {}

  static void prepared(Communicator world, int steps) throws IOException {
    // snippet prepared
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(ValueLayout.JAVA_FLOAT, 1 << 20);
      Elements vector = Elements.of(memory, ValueLayout.JAVA_FLOAT);
      try (CollectiveOperation sum =
          world.preparing().allReduce(Elements.inPlace(), vector, Reduction.SUM)) {
        for (int step = 0; step < steps; step++) {
          fill(memory);
          sum.start(); // and do something else
          sum.await();
        }
      }
    }
    // end
  }

  private static void fill(MemorySegment memory) {
    memory.fill((byte) 0);
  }

  static void lost(Communicator world, double[] values) throws IOException {
    // snippet lost
    try {
      world.allReduce(Elements.inPlace(), Elements.of(values), Reduction.SUM);
    } catch (CollectiveException e) {
      if (e.kind() != CollectiveException.Kind.RANK_LOST) {
        throw e;
      }
      System.out.println("without rank " + e.rank().orElseThrow() + ": " + e.getMessage());
      try (Communicator rest = world.shrink()) {
        rest.barrier(); // those who are left
      }
    }
    // end
  }
}
