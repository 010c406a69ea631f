package io.verbena;

import io.netty.buffer.ByteBuf;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.BufferPoolMetrics;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.OutOfRegisteredMemoryException;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.verbs.Context;
import io.verbena.verbs.ProtectionDomain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What {@link LockedMemoryTest} runs to see what happens when the limit changes at run time. */
final class ChangingLimitProgram {
  static final long LIMIT = 64 << 20;

  private static final int SLAB = 1 << 20;

  private ChangingLimitProgram() {}

  public static void main(String... arguments) throws Exception {
    BufferPoolConfig config = BufferPoolConfig.defaults().withSlabs(SLAB, SLAB);
    try (Context context = RdmaDevice.find().open();
        ProtectionDomain protection = context.createDomain();
        var memory = new MemoryDomain(protection);
        var allocator = new RegisteredByteBufAllocator(memory, config)) {
      ByteBuf first = allocator.directBuffer(SLAB);
      limit(64 << 10);
      try {
        allocator.directBuffer(SLAB);
        System.out.println("nothing was refused");
      } catch (OutOfRegisteredMemoryException e) {
        System.out.println("refused: " + e.getMessage());
      }
      System.out.println("refusals: " + allocator.metrics().refusals());
      print("refused", allocator.metrics());
      first.release();
      first = allocator.directBuffer(SLAB);
      print("reused", allocator.metrics());
      limit(LIMIT);
      ByteBuf second = allocator.directBuffer(SLAB);
      print("grown", allocator.metrics());
      first.release();
      second.release();
      allocator.trim();
      print("trimmed", allocator.metrics());
      Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmPin:"))
          .forEach(line -> System.out.println("pinned: " + line.replaceAll("\\D", "")));
    }
  }

  private static void print(String when, BufferPoolMetrics metrics) {
    System.out.println(
        when + ": " + metrics.usedBytes() / SLAB + " of " + metrics.registeredBytes() / SLAB);
  }

  /** Of this process; back up goes as far as the hard limit. */
  private static void limit(long bytes) throws IOException, InterruptedException {
    ChildJvm.Ended ended =
        ChildJvm.run(
            new ProcessBuilder(
                "prlimit",
                "--pid",
                Long.toString(ProcessHandle.current().pid()),
                "--memlock=" + bytes + ":" + LIMIT));
    if (ended.status() != 0) {
      throw new IOException(ended.said());
    }
  }
}
