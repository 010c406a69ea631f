package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.Unpooled;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad arguments of collectives are refused with their names, before anything is sent. */
class CallsTest {
  private static final class Recorder extends Calls<Call, RuntimeException> {
    Recorder(int rank) {
      super(new Group(new int[] {0, 1, 2}, rank));
    }

    @Override
    Call submit(Call call) {
      return call;
    }
  }

  private static final Calls<Call, RuntimeException> AT_0 = new Recorder(0);
  private static final Calls<Call, RuntimeException> AT_1 = new Recorder(1);
  private static final Elements THREE = Elements.of(1, 2, 3);
  private static final Elements FOUR = Elements.of(1, 2, 3, 4);
  private static final Elements ONE = Elements.of(1);
  private static final Elements LONGS = Elements.of(1L, 2L, 3L);

  static Stream<Arguments> refused() {
    Blocks two = Blocks.of(1, 1);
    Blocks large = Blocks.of(1, 1, 2);
    Blocks gaps = Blocks.of(new long[] {1, 1, 1}, new long[] {0, 2, 4});
    return Stream.of(
        refused("root is 3: ranks are 0 to 2", () -> AT_0.broadcast(THREE, 3)),
        refused("root is -1: ranks are 0 to 2", () -> AT_0.broadcast(THREE, -1)),
        refused(
            "data: elements of its own are needed here",
            () -> AT_0.broadcast(Elements.inPlace(), 0)),
        refused(
            "mine has 3 elements, and 4 are needed",
            () -> AT_0.allReduce(THREE, FOUR, Reduction.SUM)),
        refused(
            "mine has elements of j8, result of i4",
            () -> AT_0.allReduce(LONGS, THREE, Reduction.SUM)),
        refused(
            "result means nothing at this rank, which is not the root: Elements.none() says so",
            () -> AT_1.reduce(THREE, FOUR, Reduction.SUM, 0)),
        refused(
            "mine: elements of its own are needed here",
            () -> AT_1.reduce(Elements.inPlace(), Elements.none(), Reduction.SUM, 0)),
        refused(
            "all: 4 elements cannot be shared evenly by 3 ranks", () -> AT_0.allGather(ONE, FOUR)),
        refused("mine has 3 elements, and 1 are needed", () -> AT_0.allGather(THREE, THREE)),
        refused("blocks: 2 blocks for 3 ranks", () -> AT_0.allGather(ONE, THREE, two)),
        refused(
            "all has 3 elements, and the blocks end at 4", () -> AT_0.allGather(ONE, THREE, large)),
        refused(
            "mine: 4 elements cannot be shared evenly by 3 ranks",
            () -> AT_0.reduceScatter(FOUR, ONE, Reduction.SUM)),
        refused(
            "blocks must follow each other without gaps: 3 elements in 3 blocks at [0, 2, 4]",
            () -> AT_0.reduceScatter(THREE, ONE, gaps, Reduction.SUM)),
        refused(
            "this rank's block for itself has 1 elements in blocks, 0 in arrivals",
            () -> AT_0.allToAll(THREE, Blocks.of(1, 1, 1), THREE, Blocks.of(0, 1, 1))),
        refused(
            "theirs has 3 elements, and the blocks end at 4",
            () -> AT_0.allToAll(Elements.inPlace(), Blocks.of(1, 1, 2), THREE, Blocks.of(1, 1, 1))),
        refused(
            "5 bytes are no whole number of elements of 4 bytes",
            () -> Elements.of(MemorySegment.ofArray(new byte[5]), ValueLayout.JAVA_INT)),
        refused(
            "a buffer in 2 pieces: copy() makes one of them",
            () ->
                Elements.of(
                    Unpooled.wrappedBuffer(new byte[1], new byte[1]), ValueLayout.JAVA_BYTE)));
  }

  private static Arguments refused(String why, Executable call) {
    return Arguments.of(why, call);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void shouldRefuseWhatMakesNoSense(String why, Executable call) {
    var refusal = assertThrows(IllegalArgumentException.class, call);
    assertEquals(why, refusal.getMessage());
  }

  static Stream<Arguments> missing() {
    return Stream.of(
        refused("data", () -> AT_0.broadcast(null, 0)),
        refused("reduction", () -> AT_0.allReduce(THREE, FOUR.slice(0, 3), null)),
        refused("result", () -> AT_0.allReduce(THREE, null, Reduction.SUM)),
        refused("blocks", () -> AT_0.allGather(ONE, THREE, (Blocks) null)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("missing")
  void shouldNameWhatIsNull(String name, Executable call) {
    assertEquals(name, assertThrows(NullPointerException.class, call).getMessage());
  }
}
