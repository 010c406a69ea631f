package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.TransportConfig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a communicator does, over any link. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
abstract class CommunicatorContract {
  private static final int SIZE = 4;

  final Ranks ranks;

  CommunicatorContract(TransportConfig config) throws Exception {
    ranks = new Ranks(SIZE, config);
  }

  @AfterAll
  void close() {
    ranks.close();
  }

  @Test
  void shouldReduceArraysOfAnyType() throws Exception {
    ranks.run(
        world -> {
          int rank = world.rank();
          double[] doubles = {rank, 0.5};
          double[] sum = new double[2];
          world.allReduce(Elements.of(doubles), Elements.of(sum), Reduction.SUM);
          assertArrayEquals(new double[] {6, 2}, sum);
          float[] floats = {rank};
          world.allReduce(Elements.inPlace(), Elements.of(floats), Reduction.MAX);
          assertArrayEquals(new float[] {3}, floats);
          short[] shorts = {(short) (1 << rank)};
          world.allReduce(Elements.inPlace(), Elements.of(shorts), Reduction.OR);
          assertArrayEquals(new short[] {15}, shorts);
          byte[] bytes = {(byte) rank};
          world.allReduce(Elements.inPlace(), Elements.of(bytes), Reduction.MIN);
          assertArrayEquals(new byte[] {0}, bytes);
          int[] factor = {rank + 1};
          int[] product = new int[1];
          Elements result = rank == 1 ? Elements.of(product) : Elements.none();
          world.reduce(Elements.of(factor), result, Reduction.PRODUCT, 1);
          assertEquals(rank == 1 ? 24 : 0, product[0]);
        });
  }

  @Test
  void shouldTakeBuffers() throws Exception {
    ranks.run(
        world -> {
          ByteBuf heap = Unpooled.buffer().writeZero(3).writeInt(world.rank()).skipBytes(3);
          ByteBuf direct = Unpooled.directBuffer().writeInt(-1);
          var layout = ValueLayout.JAVA_INT.withOrder(java.nio.ByteOrder.BIG_ENDIAN);
          world.allReduce(Elements.of(heap, layout), Elements.of(direct, layout), Reduction.SUM);
          assertEquals(6, direct.getInt(0));
          heap.release();
          direct.release();
        });
  }

  @Test
  void shouldTakeMemoryOfOneThread() throws Exception {
    ranks.run(
        world -> {
          try (Arena arena = Arena.ofConfined()) {
            var memory = arena.allocateFrom(ValueLayout.JAVA_LONG, world.rank(), 1);
            var elements = Elements.of(memory, ValueLayout.JAVA_LONG);
            world.allReduce(Elements.inPlace(), elements, Reduction.SUM);
            assertEquals(6, memory.getAtIndex(ValueLayout.JAVA_LONG, 0));
            assertEquals(4, memory.getAtIndex(ValueLayout.JAVA_LONG, 1));
          }
        });
  }

  @Test
  void shouldLeaveGapsAlone() throws Exception {
    int height = 50;
    int width = 7;
    // Two columns of a matrix; the last row ends with them.
    var columns =
        MemoryLayout.sequenceLayout(
            height,
            MemoryLayout.structLayout(
                MemoryLayout.sequenceLayout(2, ValueLayout.JAVA_INT),
                MemoryLayout.paddingLayout((width - 2L) * 4)));
    ranks.run(
        world -> {
          int[] matrix = new int[height * width - (width - 2)];
          Arrays.fill(matrix, world.rank() + 1);
          var elements = Elements.strided(MemorySegment.ofArray(matrix), columns, 1);
          assertEquals(2L * height, elements.count());
          world.allReduce(Elements.inPlace(), elements, Reduction.SUM);
          for (int i = 0; i < matrix.length; i++) {
            assertEquals(i % width < 2 ? 10 : world.rank() + 1, matrix[i]);
          }
          // From a row to a column.
          int[] row = new int[2 * height];
          if (world.rank() == 0) {
            world.send(elements, 1, 1);
          } else if (world.rank() == 1) {
            world.receive(Elements.of(row), 0, 1);
            assertTrue(Arrays.stream(row).allMatch(n -> n == 10));
          }
          var shorter = MemorySegment.ofArray(new int[matrix.length - 1]);
          assertThrows(
              IndexOutOfBoundsException.class, () -> Elements.strided(shorter, columns, 1));
        });
  }

  @Test
  void shouldExchangeBlocksOfDifferentLengths() throws Exception {
    Blocks blocks = Blocks.of(1, 0, 3, 2);
    ranks.run(
        world -> {
          int rank = world.rank();
          int[] mine = new int[(int) blocks.length(rank)];
          Arrays.fill(mine, rank);
          int[] all = new int[6];
          world.allGather(Elements.of(mine), Elements.of(all), blocks);
          int[] expected = {0, 2, 2, 2, 3, 3};
          assertArrayEquals(expected, all);
          int[] back = new int[mine.length];
          world.scatter(
              rank == 2 ? Elements.of(all) : Elements.none(), Elements.of(back), blocks, 2);
          assertArrayEquals(mine, back);
          int[] sums = new int[mine.length];
          world.reduceScatter(Elements.of(all), Elements.of(sums), blocks, Reduction.SUM);
          assertTrue(Arrays.stream(sums).allMatch(sum -> sum == 4 * rank), Arrays.toString(sums));
        });
  }

  @Test
  void shouldHaveSeveralCollectivesUnderWay() throws Exception {
    ranks.run(
        world -> {
          int[][] vectors = new int[20][];
          CollectiveOperation[] operations = new CollectiveOperation[vectors.length];
          for (int i = 0; i < vectors.length; i++) {
            vectors[i] = new int[i * 1000];
            Arrays.fill(vectors[i], i);
            operations[i] =
                world
                    .starting()
                    .allReduce(Elements.inPlace(), Elements.of(vectors[i]), Reduction.SUM);
          }
          // In another order than they were started in, and that differs from rank to rank.
          for (int i = 0; i < vectors.length; i++) {
            int each = (i * 7 + world.rank()) % vectors.length;
            operations[each].await();
            assertTrue(operations[each].isDone());
            assertTrue(Arrays.stream(vectors[each]).allMatch(n -> n == SIZE * each));
          }
        });
  }

  @Test
  void shouldStartAPreparedCollectiveAgain() throws Exception {
    ranks.run(
        world -> {
          long[] mine = {world.rank()};
          long[] sum = new long[1];
          try (CollectiveOperation operation =
              world.preparing().allReduce(Elements.of(mine), Elements.of(sum), Reduction.SUM)) {
            assertFalse(operation.isDone());
            assertThrows(IllegalStateException.class, operation::await);
            for (int i = 0; i < 10; i++) {
              operation.start().await();
              assertEquals(6 + SIZE * i, sum[0]);
              mine[0]++;
            }
          }
        });
  }

  @Test
  void shouldKeepMessagesApartBySourceAndTag() throws Exception {
    ranks.run(
        world -> {
          int rank = world.rank();
          if (rank != 0) {
            for (int tag = 0; tag < 3; tag++) {
              world.send(Elements.of(100 * rank + tag), 0, tag);
            }
            world.barrier();
            return;
          }
          int[] got = new int[1];
          // The last tag first: what came before waits.
          for (int source = SIZE - 1; source > 0; source--) {
            assertEquals(new Received(source, 2, 1), world.receive(Elements.of(got), source, 2));
            assertEquals(100 * source + 2, got[0]);
          }
          for (int i = 1; i < SIZE; i++) {
            Received any = world.receive(Elements.of(got), Communicator.ANY_SOURCE, 1);
            assertEquals(100 * any.source() + 1, got[0]);
          }
          for (int i = 1; i < SIZE; i++) {
            Received any =
                world.receive(Elements.of(got), Communicator.ANY_SOURCE, Communicator.ANY_TAG);
            assertEquals(0, any.tag());
            assertEquals(100 * any.source(), got[0]);
          }
          world.barrier();
        });
  }

  @Test
  void shouldExchangeLongMessagesWithEverybodyAtOnce() throws Exception {
    // More than a part of one: these are longer than what is sent at once.
    int count = 700_001;
    ranks.run(
        world -> {
          int rank = world.rank();
          int[] mine = IntStream.range(rank, rank + count).toArray();
          int[] theirs = new int[count + 10];
          for (int shift = 0; shift < SIZE; shift++) {
            int to = (rank + shift) % SIZE;
            int from = (rank + SIZE - shift) % SIZE;
            Received received =
                world.sendReceive(Elements.of(mine), to, shift, Elements.of(theirs), from, shift);
            assertEquals(new Received(from, shift, count), received);
            assertEquals(from, theirs[0]);
            assertEquals(from + count - 1, theirs[count - 1]);
            assertEquals(0, theirs[count]);
          }
        });
  }

  @Test
  void shouldRefuseMessagesThatAreTooLongAndGoOn() throws Exception {
    ranks.run(
        world -> {
          if (world.rank() == 0) {
            world.send(Elements.of(new byte[300_000]), 1, 1);
            world.send(Elements.of(new byte[] {7}), 1, 2);
          } else if (world.rank() == 1) {
            byte[] small = new byte[5];
            var failure =
                assertThrows(
                    CollectiveException.class, () -> world.receive(Elements.of(small), 0, 1));
            assertEquals(CollectiveException.Kind.TRUNCATED, failure.kind());
            assertTrue(failure.getMessage().contains("300000 bytes"), failure.getMessage());
            world.receive(Elements.of(small), 0, 2);
            assertEquals(7, small[0]);
          }
          world.barrier();
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 300_000})
  void shouldFailWhereRanksDoNotAgreeOnLengths(int count) throws Exception {
    ranks.run(
        world -> {
          int rank = world.rank();
          Communicator pair = world.split(rank < 2 ? 0 : Communicator.NO_COLOR, rank);
          if (pair != null) {
            pair.setTimeout(Duration.ofSeconds(20));
            double[] vector = new double[rank == 0 ? count : count - 2];
            var failure =
                assertThrows(
                    CollectiveException.class,
                    () -> pair.allReduce(Elements.inPlace(), Elements.of(vector), Reduction.SUM));
            assertEquals(CollectiveException.Kind.LENGTHS_DIFFER, failure.kind());
            assertEquals(1 - rank, failure.rank().orElseThrow());
            String said = String.valueOf(failure.getMessage());
            assertTrue(
                said.matches(
                    "rank %d sends \\d+ bytes where this one expects \\d+:.*".formatted(1 - rank)),
                said);
            pair.close();
          }
          world.barrier();
        });
  }

  @Test
  void shouldRefuseABroadcastThatIsShorterThanExpected() throws Exception {
    ranks.run(
        world -> {
          try (Communicator other = world.duplicate()) {
            if (world.rank() == 0) {
              other.broadcast(Elements.of(1, 2, 3), 0);
            } else if (world.rank() == 1) {
              Elements room = Elements.of(new int[5]);
              var failure = assertThrows(CollectiveException.class, () -> other.broadcast(room, 0));
              assertEquals(CollectiveException.Kind.LENGTHS_DIFFER, failure.kind());
              String said = String.valueOf(failure.getMessage());
              assertTrue(said.startsWith("rank 0 sends 12 bytes where this one expects 20"), said);
            }
            world.barrier();
          }
        });
  }

  @Test
  void shouldLeaveTheRestOfTheRoomAlone() throws Exception {
    ranks.run(
        world -> {
          int[] room = new int[1000];
          if (world.rank() == 0) {
            Arrays.fill(room, 5);
            world.send(Elements.of(room), 1, 1);
            world.send(Elements.of(room).slice(0, 10), 1, 2);
          } else if (world.rank() == 1) {
            world.receive(Elements.of(room), 0, 1);
            Arrays.fill(room, 7);
            assertEquals(new Received(0, 2, 10), world.receive(Elements.of(room), 0, 2));
            for (int i = 0; i < room.length; i++) {
              assertEquals(i < 10 ? 5 : 7, room[i]);
            }
          }
          world.barrier();
        });
  }

  @Test
  void shouldRefuseMemoryThatCannotBeUsedAndGoOn() throws Exception {
    ranks.run(
        world -> {
          var readOnly = MemorySegment.ofArray(new int[1]).asReadOnly();
          Elements constant = Elements.of(readOnly, ValueLayout.JAVA_INT);
          assertThrows(IllegalArgumentException.class, () -> world.receive(constant, 0, 1));
          assertThrows(
              IllegalArgumentException.class,
              () -> world.allReduce(Elements.of(1), constant, Reduction.SUM));
          int next = (world.rank() + 1) % SIZE;
          Elements gone;
          try (Arena arena = Arena.ofShared()) {
            gone = Elements.of(arena.allocate(100_000), ValueLayout.JAVA_BYTE);
          }
          for (CollectiveOperation operation :
              List.of(world.startSend(gone, next, 3), world.startSend(gone.slice(0, 9), next, 3))) {
            var failure = assertThrows(CollectiveException.class, operation::await);
            assertEquals(CollectiveException.Kind.MEMORY, failure.kind());
          }
          world.barrier();
        });
  }

  @Test
  void shouldFailWithTheReductionOfItsUser() throws Exception {
    Reduction broken =
        Reduction.of(
            "broken",
            (left, right, target, element, count) -> {
              throw new AssertionError("no sum today");
            },
            true);
    ranks.run(
        world -> {
          try (Communicator other = world.duplicate()) {
            int[] sum = {1};
            other.setTimeout(Duration.ofSeconds(5));
            var failure =
                assertThrows(
                    CollectiveException.class,
                    () -> other.allReduce(Elements.inPlace(), Elements.of(sum), broken));
            assertEquals(CollectiveException.Kind.BROKEN, failure.kind());
            assertTrue(failure.getMessage().contains("no sum today"), failure.getMessage());
          }
          world.barrier();
        });
  }

  @Test
  void shouldSplitInTwoThreadsAtOnce() throws Exception {
    ranks.run(
        world -> {
          try (Communicator one = world.duplicate();
              Communicator other = world.duplicate()) {
            Throwable[] failure = new Throwable[1];
            Thread thread = Thread.ofPlatform().start(() -> failure[0] = split(other, 100));
            Throwable own = split(one, 1000);
            thread.join();
            assertNull(own, () -> String.valueOf(own));
            assertNull(failure[0], () -> String.valueOf(failure[0]));
          }
        });
  }

  private static @Nullable Throwable split(Communicator communicator, int number) {
    try {
      for (int i = 0; i < 50; i++) {
        try (Communicator part = communicator.duplicate()) {
          int[] sum = {number};
          part.allReduce(Elements.inPlace(), Elements.of(sum), Reduction.SUM);
          assertEquals(SIZE * number, sum[0]);
        }
      }
      return null;
    } catch (CollectiveException | AssertionError e) {
      return e;
    }
  }

  @Test
  void shouldSplitAndDuplicate() throws Exception {
    ranks.run(
        world -> {
          int rank = world.rank();
          // By descending ranks.
          Communicator part = world.split(rank == 3 ? Communicator.NO_COLOR : rank % 2, -rank);
          if (rank == 3) {
            assertNull(part);
          } else {
            assertNotNull(part);
            assertEquals(rank == 1 ? 1 : 2, part.size());
            assertEquals(rank == 0 ? 1 : 0, part.rank());
            int[] sum = {rank + 10};
            part.allReduce(Elements.inPlace(), Elements.of(sum), Reduction.SUM);
            assertEquals(rank == 1 ? 11 : 22, sum[0]);
            part.close();
            part.close();
            assertEquals(
                CollectiveException.Kind.CLOSED,
                assertThrows(CollectiveException.class, part::barrier).kind());
          }
          try (Communicator other = world.duplicate()) {
            assertEquals(rank, other.rank());
            // A message of one is not received in the other.
            if (rank == 0) {
              world.send(Elements.of(1), 1, 5);
              other.send(Elements.of(2), 1, 5);
            } else if (rank == 1) {
              int[] got = new int[1];
              other.receive(Elements.of(got), 0, 5);
              assertEquals(2, got[0]);
              world.receive(Elements.of(got), 0, 5);
              assertEquals(1, got[0]);
            }
            other.barrier();
          }
        });
  }

  @Test
  void shouldHandDownHowItReducesAndHowLongItWaits() throws Exception {
    ranks.run(
        world -> {
          try (Communicator parent = world.duplicate()) {
            parent.setReproducible(true);
            parent.setTimeout(Duration.ofSeconds(77));
            try (Communicator same = parent.duplicate();
                Communicator half = parent.split(world.rank() / 2, 0);
                Communicator left = parent.shrink()) {
              for (Communicator child : List.of(same, Objects.requireNonNull(half), left)) {
                assertTrue(child.isReproducible());
                assertEquals(Duration.ofSeconds(77), child.timeout());
              }
            }
          }
          assertFalse(world.isReproducible());
        });
  }

  @Test
  void shouldUseACommunicatorForEachThread() throws Exception {
    ranks.run(
        world -> {
          try (Communicator other = world.duplicate()) {
            var together = new CyclicBarrier(2);
            Throwable[] failure = new Throwable[1];
            Thread thread =
                Thread.ofPlatform()
                    .start(
                        () -> {
                          try {
                            together.await();
                            sum(other, 300);
                          } catch (Exception | AssertionError e) {
                            failure[0] = e;
                          }
                        });
            together.await();
            sum(world, 200);
            thread.join();
            assertNull(failure[0], () -> String.valueOf(failure[0]));
          }
        });
  }

  private static void sum(Communicator communicator, int times) throws CollectiveException {
    for (int i = 0; i < times; i++) {
      int[] sum = {i};
      communicator.allReduce(Elements.inPlace(), Elements.of(sum), Reduction.SUM);
      assertEquals(SIZE * i, sum[0]);
    }
  }

  @Test
  void shouldSayForWhomItWaitsAtTheDeadline() throws Exception {
    ranks.run(
        world -> {
          try (Communicator other = world.duplicate()) {
            if (world.rank() == 1) {
              int[] nothing = new int[1];
              CollectiveOperation receive = other.startReceive(Elements.of(nothing), 2, 9);
              var failure =
                  assertThrows(
                      CollectiveException.class, () -> receive.await(Duration.ofMillis(50)));
              assertEquals(CollectiveException.Kind.TIMEOUT, failure.kind());
              assertTrue(failure.getMessage().contains("waits for rank 2"), failure.getMessage());
              assertTrue(receive.isDone());
              other.setTimeout(Duration.ofMillis(50));
              failure = assertThrows(CollectiveException.class, other::barrier);
              assertEquals(CollectiveException.Kind.TIMEOUT, failure.kind());
              // Out of step, and says so.
              failure = assertThrows(CollectiveException.class, other::barrier);
              assertEquals(CollectiveException.Kind.BROKEN, failure.kind());
              assertTrue(failure.getMessage().contains("shrink()"), failure.getMessage());
            }
            world.barrier();
          }
        });
  }

  @Test
  void shouldCancel() throws Exception {
    ranks.run(
        world -> {
          int[] into = {-1};
          CollectiveOperation receive =
              world.startReceive(Elements.of(into), Communicator.ANY_SOURCE, 77);
          receive.cancel();
          assertTrue(receive.isDone());
          var failure = assertThrows(CollectiveException.class, receive::await);
          assertEquals(CollectiveException.Kind.CANCELLED, failure.kind());
          assertThrows(IllegalStateException.class, receive::received);
          world.barrier();
          int next = (world.rank() + 1) % SIZE;
          world.send(Elements.of(world.rank()), next, 77);
          world.receive(Elements.of(into), Communicator.ANY_SOURCE, 77);
          assertEquals((world.rank() + SIZE - 1) % SIZE, into[0]);
        });
  }

  @Test
  void shouldShrinkToThoseWhoAreThere() throws Exception {
    ranks.run(
        world -> {
          Communicator other = world.shrink();
          assertEquals(SIZE, other.size());
          other.barrier();
          other.close();
        });
  }
}
