package io.verbena.collective;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * Sends itself what is in a mapped file until that is compiled, then makes the file shorter and
 * says how sending and receiving fail.
 */
final class MappedFileProgram {
  private static final int BYTES = 4000;
  private static final int WARM = 20_000;

  private MappedFileProgram() {}

  public static void main(String... args) throws IOException {
    var config = TransportConfig.defaults().withRdma(RdmaMode.OFF);
    try (var world = Communicator.world(config, Duration.ofSeconds(30));
        Arena arena = Arena.ofShared();
        var file =
            FileChannel.open(
                Path.of(args[0]),
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
      MemorySegment memory =
          file.map(FileChannel.MapMode.READ_WRITE, 0, BYTES, arena).fill((byte) 1);
      // Every other number: these are copied one by one.
      var odd =
          MemoryLayout.sequenceLayout(
              BYTES / 8,
              MemoryLayout.structLayout(ValueLayout.JAVA_INT, MemoryLayout.paddingLayout(4)));
      Elements other = Elements.of(arena.allocate(BYTES), ValueLayout.JAVA_BYTE);
      Elements[] all = {
        Elements.of(memory, ValueLayout.JAVA_BYTE), Elements.strided(memory, odd, 1)
      };
      for (int i = 0; i < WARM; i++) {
        world.send(all[i & 1], 0, 1);
        world.receive(all[i & 1], 0, 1);
      }
      file.truncate(0);
      for (Elements each : all) {
        world.send(other.slice(0, each.bytes()), 0, 1);
        try {
          world.receive(each, 0, 1);
        } catch (CollectiveException e) {
          System.out.println(e.kind());
        }
        try {
          world.send(each, 0, 1);
        } catch (CollectiveException e) {
          System.out.println(e.kind());
        }
      }
    }
  }
}
