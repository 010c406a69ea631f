package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks of different lengths, in any order and with gaps: the v-variants. */
class BlocksOfRanksTest {
  private static final int TRIALS = 40;

  private static Blocks packed(int ranks, Random random) {
    return Blocks.of(random.ints(ranks, 0, 6).mapToLong(i -> i % 5).toArray());
  }

  /** The blocks in any order, with gaps, some of them neighbours. */
  private static Blocks scattered(Blocks lengths, Random random) {
    int ranks = lengths.parts();
    int[] order = new int[ranks];
    for (int i = 0; i < ranks; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    boolean keepsOrder = random.nextBoolean();
    long[] offsets = new long[ranks];
    long[] each = new long[ranks];
    long end = random.nextInt(3);
    for (int i = 0; i < ranks; i++) {
      int block = keepsOrder ? i : order[i];
      each[block] = lengths.length(block);
      offsets[block] = end;
      end += each[block] + random.nextInt(2);
    }
    return Blocks.of(each, offsets);
  }

  @ParameterizedTest
  @EnumSource(
      value = Algorithm.class,
      mode = EnumSource.Mode.MATCH_ANY,
      names = {"GATHER_.*", "SCATTER_.*", "ALL_GATHER_.*"})
  void shouldPlaceBlocksOfAnyLengthAnywhere(Algorithm algorithm) {
    Random random = new Random(20);
    for (int ranks = 1; ranks <= 13; ranks++) {
      for (int trial = 0; trial < TRIALS; trial++) {
        Blocks blocks = packed(ranks, random);
        Request request =
            Request.of(algorithm, ranks, 0)
                .withRoot(random.nextInt(ranks))
                .withInPlace(random.nextBoolean());
        Trial.run(request.withBlocks(blocks), Long::sum);
        Trial.run(request.withBlocks(scattered(blocks, random)), Long::sum);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Algorithm.class,
      mode = EnumSource.Mode.MATCH_ANY,
      names = "REDUCE_SCATTER_.*")
  void shouldReduceBlocksOfAnyLength(Algorithm algorithm) {
    Random random = new Random(21);
    for (int ranks = 1; ranks <= 13; ranks++) {
      for (int trial = 0; trial < TRIALS; trial++) {
        Request request =
            Request.of(algorithm, ranks, 0)
                .withBlocks(packed(ranks, random))
                .withSegment(random.nextInt(4))
                .withInPlace(random.nextBoolean());
        Trial.run(request, Long::sum);
        if (!Trial.needsCommutativity(request)) {
          Trial.run(request, Operators::matrixProduct);
        }
      }
    }
  }

  @Test
  void shouldRefuseToReduceBlocksWithGaps() {
    Request request =
        Request.of(Algorithm.REDUCE_SCATTER_RING, 2, 0)
            .withBlocks(Blocks.of(new long[] {1, 1}, new long[] {0, 2}));
    var refusal = assertThrows(IllegalArgumentException.class, request::plan);
    assertTrue(String.valueOf(refusal.getMessage()).contains("gaps"), refusal.getMessage());
  }

  @Test
  void shouldExchangeBlocksOfAnyLength() {
    Random random = new Random(22);
    for (int ranks = 1; ranks <= 13; ranks++) {
      for (int trial = 0; trial < TRIALS; trial++) {
        long[][] lengths = new long[ranks][];
        for (int rank = 0; rank < ranks; rank++) {
          lengths[rank] = random.longs(ranks, 0, 5).toArray();
        }
        Blocks[] leaving = new Blocks[ranks];
        Blocks[] arriving = new Blocks[ranks];
        for (int rank = 0; rank < ranks; rank++) {
          long[] column = new long[ranks];
          for (int peer = 0; peer < ranks; peer++) {
            column[peer] = lengths[peer][rank];
          }
          leaving[rank] = scattered(Blocks.of(lengths[rank]), random);
          arriving[rank] = scattered(Blocks.of(column), random);
        }
        Request request =
            Request.of(Algorithm.ALL_TO_ALL_PAIRWISE, ranks, 0).withInPlace(random.nextBoolean());
        IntFunction<Request> requests =
            rank -> request.at(rank).withBlocks(leaving[rank], arriving[rank]);
        Trial.run(requests, Long::sum);
      }
    }
  }

  @Test
  void shouldRefuseBruckForBlocksOfDifferentLengths() {
    Request request = Request.of(Algorithm.ALL_TO_ALL_BRUCK, 2, 1).withBlocks(Blocks.of(1, 2));
    assertThrows(IllegalArgumentException.class, request::plan);
  }

  @Test
  void shouldKnowItsOwnLengthOfALinearGatherAlone() {
    Blocks all = Blocks.of(3, 1, 4, 1, 5);
    for (int rank = 0; rank < 5; rank++) {
      long[] onlyMine = new long[5];
      onlyMine[rank] = all.length(rank);
      Blocks known = rank == 2 ? all : Blocks.of(onlyMine);
      Request request = Request.of(Algorithm.GATHER_LINEAR, 5, 0).withRoot(2).at(rank);
      assertEquals(rank == 2 ? 0 : all.length(rank), sent(request.withBlocks(known).compile()));
    }
  }

  private static long sent(Schedule schedule) {
    long sent = 0;
    for (int row = 0; row < schedule.sends().count(); row++) {
      sent += schedule.sends().length(row);
    }
    return sent;
  }

  @Test
  void shouldCutVectors() {
    Blocks split = Blocks.split(4, 10);
    assertEquals("3 3 2 2", lengths(split));
    assertEquals(10, split.total());
    assertEquals(6, split.offset(2));
    assertEquals(5, split.around(3, 2));
    assertEquals("4 3 3", lengths(Blocks.segments(10, 4)));
    assertEquals("10", lengths(Blocks.segments(10, 0)));
    assertEquals("0", lengths(Blocks.segments(0, 4)));
    assertEquals("4 4", lengths(Blocks.segments(8, 4)));
    assertEquals(Blocks.equal(3, 2), Blocks.split(3, 6));
    assertEquals(7, Blocks.of(new long[] {2, 0, 3}, new long[] {0, 90, 4}).extent());
    assertThrows(IllegalArgumentException.class, () -> Blocks.of(1, -1));
    assertThrows(
        IllegalArgumentException.class, () -> Blocks.of(new long[2], new long[] {0, 1, 2}));
    assertThrows(
        IllegalArgumentException.class,
        () -> Request.of(Algorithm.GATHER_LINEAR, 3, 1).withBlocks(Blocks.of(1, 2)));
  }

  private static String lengths(Blocks blocks) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < blocks.parts(); i++) {
      text.append(i == 0 ? "" : " ").append(blocks.length(i));
    }
    return text.toString();
  }
}
