package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.verbena.ChildJvm;
import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mapped files as the memory of messages. One that somebody makes shorter meanwhile fails the
 * operation that uses it, and nothing else: the connection goes on with what follows.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class MappedFileTest {
  private static final int LONG = 3_000_000;
  private static final int SHORT = 4000;

  private final Ranks ranks = new Ranks(2, TransportConfig.defaults().withRdma(RdmaMode.OFF));

  /** Between the threads of the ranks. */
  private final CyclicBarrier meeting = new CyclicBarrier(2);

  private Path file = Path.of("");

  MappedFileTest() throws Exception {}

  @BeforeEach
  void nameFile(@TempDir Path folder) {
    file = folder.resolve("mapped");
  }

  @AfterAll
  void close() {
    ranks.close();
  }

  private MemorySegment map(Arena arena, long bytes) throws IOException {
    try (var channel = open()) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
    }
  }

  private FileChannel open() throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private void shorten() throws IOException {
    try (var channel = open()) {
      channel.truncate(0);
    }
  }

  private void meet() throws Exception {
    meeting.await(30, TimeUnit.SECONDS);
  }

  private static Elements bytes(MemorySegment memory) {
    return Elements.of(memory, ValueLayout.JAVA_BYTE);
  }

  /** Something that does not find its memory any more. */
  private interface Use {
    void run() throws CollectiveException;
  }

  private static void requireFailureOfMemory(Use use) {
    var failure = assertThrows(CollectiveException.class, use::run);
    assertEquals(CollectiveException.Kind.MEMORY, failure.kind());
  }

  /** What was sent before came, or did not; this does, both ways. */
  private static void requireConnection(Communicator world) throws CollectiveException {
    int other = 1 - world.rank();
    int[] got = new int[1];
    world.sendReceive(Elements.of(world.rank() + 5), other, 9, Elements.of(got), other, 9);
    assertEquals(other + 5, got[0]);
    world.barrier();
  }

  @Test
  void shouldSendFromAFileAndReceiveToOne() throws Exception {
    ranks.run(
        world -> {
          byte[] numbers = new byte[LONG];
          for (int i = 0; i < LONG; i++) {
            numbers[i] = (byte) (i * 31 / 8);
          }
          if (world.rank() == 0) {
            try (Arena arena = Arena.ofShared()) {
              MemorySegment memory = map(arena, LONG).copyFrom(MemorySegment.ofArray(numbers));
              world.send(bytes(memory), 1, 1);
              world.receive(bytes(memory.fill((byte) 0)), 1, 1);
              assertArrayEquals(numbers, memory.toArray(ValueLayout.JAVA_BYTE));
            }
          } else {
            byte[] got = new byte[LONG];
            world.receive(Elements.of(got), 0, 1);
            assertArrayEquals(numbers, got);
            world.send(Elements.of(got), 0, 1);
          }
        });
  }

  private void receiveToShortened(int length) throws Exception {
    ranks.run(
        world -> {
          world.barrier();
          if (world.rank() == 0) {
            meet();
            world.send(Elements.of(new byte[length]), 1, 1);
          } else {
            try (Arena arena = Arena.ofShared()) {
              CollectiveOperation receive = world.startReceive(bytes(map(arena, length)), 0, 1);
              shorten();
              meet();
              requireFailureOfMemory(receive::await);
            }
          }
          requireConnection(world);
        });
  }

  @Test
  void shouldFailALongReceiveAlone() throws Exception {
    receiveToShortened(LONG);
  }

  @Test
  void shouldFailAShortReceiveAlone() throws Exception {
    receiveToShortened(SHORT);
  }

  private void sendFromShortened(int length) throws Exception {
    ranks.run(
        world -> {
          if (world.rank() == 0) {
            try (Arena arena = Arena.ofShared()) {
              Elements data = bytes(map(arena, length));
              shorten();
              requireFailureOfMemory(() -> world.send(data, 1, 1));
            }
            world.send(Elements.of((byte) 3), 1, 1);
          } else {
            byte[] room = new byte[length];
            assertEquals(1, world.receive(Elements.of(room), 0, 1).count());
            assertEquals(3, room[0]);
          }
          requireConnection(world);
        });
  }

  @Test
  void shouldFailALongSendAlone() throws Exception {
    sendFromShortened(LONG);
  }

  @Test
  void shouldFailAShortSendAlone() throws Exception {
    sendFromShortened(SHORT);
  }

  /**
   * The optimising compiler's code throws some time after the access: with nothing but that
   * compiler even where the operation is not under way any more.
   */
  @Test
  void shouldFailWhoseMemoryItIsInCompiledCode() throws Exception {
    var flags = List.of("-XX:TieredStopAtLevel=4", "-XX:-TieredCompilation");
    ChildJvm.Ended ended =
        ChildJvm.run(ChildJvm.withFlags(flags, MappedFileProgram.class, file.toString()));
    assertEquals(0, ended.status(), ended.said());
    assertEquals(4, ended.said().lines().filter("MEMORY"::equals).count(), ended.said());
  }

  @Test
  void shouldFailAReductionOfWhichOneVectorIsGone() throws Exception {
    ranks.run(
        world -> {
          try (Arena arena = Arena.ofShared();
              Communicator other = world.duplicate()) {
            other.setTimeout(java.time.Duration.ofSeconds(2));
            long[] sum = new long[SHORT / 8];
            Arrays.fill(sum, 1);
            if (world.rank() == 1) {
              var vector = Elements.of(map(arena, SHORT), ValueLayout.JAVA_LONG);
              shorten();
              requireFailureOfMemory(
                  () -> other.allReduce(Elements.inPlace(), vector, Reduction.SUM));
            } else {
              assertThrows(
                  CollectiveException.class,
                  () -> other.allReduce(Elements.inPlace(), Elements.of(sum), Reduction.SUM));
            }
          }
          requireConnection(world);
        });
  }
}
