package io.verbena;

import io.netty.buffer.ByteBuf;
import io.verbena.memory.BufferPoolMetrics;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.OutOfRegisteredMemoryException;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.verbs.Context;
import io.verbena.verbs.ProtectionDomain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What {@link LockedMemoryTest} runs with a limit of 64 KiB of locked memory. */
final class LockedMemoryProgram {
  private static final int BUFFER = 16 << 10;
  private static final int LARGE = 4 << 20;
  private static final int MORE_THAN_THE_LIMIT = 1000;

  private LockedMemoryProgram() {}

  public static void main(String... arguments) throws IOException {
    System.out.println("user: " + Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    try (Context context = RdmaDevice.find().open();
        ProtectionDomain protection = context.createDomain();
        var memory = new MemoryDomain(protection);
        var allocator = new RegisteredByteBufAllocator(memory)) {
      List<ByteBuf> buffers = new ArrayList<>();
      try {
        for (int i = 0; i < MORE_THAN_THE_LIMIT; i++) {
          buffers.add(allocator.directBuffer(BUFFER));
        }
        System.out.println("everything was registered");
      } catch (OutOfRegisteredMemoryException e) {
        System.out.println("refused: " + e.getMessage());
      }
      buffers.forEach(ByteBuf::release);
      BufferPoolMetrics metrics = allocator.metrics();
      System.out.println("in use: " + metrics.usedBytes() + " of " + metrics.registeredBytes());
    }
    try (var pair = new EndpointPair(EndpointPair.PATIENT)) {
      System.out.println("link: " + pair.client.link());
      // Longer than a slab at the start: the first buffer of all.
      ByteBuf first = pair.clientTransport.allocator().directBuffer(LARGE);
      pair.client.send(first.writeLong(42).writeZero(LARGE - Long.BYTES));
      ByteBuf message = pair.server.receive();
      System.out.println("arrived: " + message.getLong(0));
      pair.server.send(message);
      ByteBuf echo = pair.client.receive();
      System.out.println("came back: " + echo.readLong());
      echo.release();
    }
  }
}
