package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each reduction of numbers of each layout against plain loops. */
abstract class KernelTest {
  private static final int GUARD = 72;
  private static final byte MARK = 0x5a;

  /** Where the target is. */
  private enum Target {
    APART,
    LEFT,
    RIGHT,
    BOTH
  }

  /** What memory the vectors are in. */
  private enum Memory {
    NATIVE,
    BYTES,
    DOUBLES;

    MemorySegment allocate(Arena arena, long bytes) {
      return switch (this) {
        case NATIVE -> arena.allocate(bytes, 64);
        case BYTES -> MemorySegment.ofArray(new byte[(int) bytes]);
        case DOUBLES -> MemorySegment.ofArray(new double[(int) (bytes + 7) / 8]);
      };
    }
  }

  /** The implementation that is tested. */
  abstract Kernel kernel(Reduction reduction, ValueLayout element);

  static Stream<Arguments> cases() {
    return Numbers.layouts()
        .flatMap(
            layout ->
                (Numbers.isFloat(layout)
                        ? Numbers.ARITHMETIC.stream()
                        : Stream.concat(Numbers.ARITHMETIC.stream(), Numbers.BITWISE.stream()))
                    .map(reduction -> Arguments.of(reduction, layout)));
  }

  /** Around the lengths of vectors and of tiles. */
  private static int[] counts(ValueLayout layout) {
    int tile = (int) (Tiles.BYTES / layout.byteSize());
    return new int[] {
      0,
      1,
      2,
      3,
      7,
      8,
      9,
      15,
      16,
      17,
      31,
      32,
      33,
      63,
      64,
      65,
      tile - 1,
      tile,
      tile + 1,
      2 * tile + 3,
      9001
    };
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldReduceAsPlainLoopsDo(Reduction reduction, ValueLayout layout) {
    Random random = new Random(7);
    Kernel kernel = kernel(reduction, layout);
    for (int count : counts(layout)) {
      MemorySegment left = numbers(layout, count, random);
      MemorySegment right = numbers(layout, count, random);
      MemorySegment expected = reduced(reduction, layout, left, right);
      MemorySegment doubled = reduced(reduction, layout, left, left);
      for (Memory memory : Memory.values()) {
        for (int shift : new int[] {0, 1 + random.nextInt(63)}) {
          check(kernel, layout, left, right, expected, memory, Target.APART, shift);
          check(kernel, layout, left, right, expected, memory, Target.LEFT, shift);
          check(kernel, layout, left, right, expected, memory, Target.RIGHT, shift);
          check(kernel, layout, left, left, doubled, memory, Target.BOTH, shift);
        }
      }
    }
  }

  private static MemorySegment numbers(ValueLayout layout, int count, Random random) {
    MemorySegment numbers = MemorySegment.ofArray(new byte[(int) (count * layout.byteSize())]);
    for (long at = 0; at < numbers.byteSize(); at += layout.byteSize()) {
      Numbers.set(numbers, layout, at, Numbers.random(layout, random));
    }
    return numbers;
  }

  private static MemorySegment reduced(
      Reduction reduction, ValueLayout layout, MemorySegment left, MemorySegment right) {
    MemorySegment reduced = MemorySegment.ofArray(new byte[(int) left.byteSize()]);
    for (long at = 0; at < left.byteSize(); at += layout.byteSize()) {
      long a = Numbers.get(left, layout, at);
      long b = Numbers.get(right, layout, at);
      Numbers.set(reduced, layout, at, Numbers.reduced(reduction, layout, a, b));
    }
    return reduced;
  }

  private static void check(
      Kernel kernel,
      ValueLayout layout,
      MemorySegment left,
      MemorySegment right,
      MemorySegment expected,
      Memory memory,
      Target where,
      int shift) {
    long bytes = expected.byteSize();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment a = placed(left, memory, arena, shift);
      MemorySegment b = where == Target.BOTH ? a : placed(right, memory, arena, 2 * shift);
      long ofB = where == Target.BOTH ? shift : 2L * shift;
      MemorySegment target =
          switch (where) {
            case APART -> placed(right, memory, arena, 3 * shift);
            case LEFT, BOTH -> a;
            case RIGHT -> b;
          };
      long ofTarget =
          switch (where) {
            case APART -> 3L * shift;
            case LEFT, BOTH -> shift;
            case RIGHT -> ofB;
          };

      kernel.reduce(a, shift, b, ofB, target, ofTarget, bytes / layout.byteSize());

      String what = "%d bytes, %s, target %s, shift %d".formatted(bytes, memory, where, shift);
      assertSame(layout, placed(expected, memory, arena, (int) ofTarget), target, ofTarget, what);
      if (where == Target.APART || where == Target.RIGHT) {
        assertEquals(-1, placed(left, memory, arena, shift).mismatch(a), "operand, " + what);
      }
      if (where == Target.APART || where == Target.LEFT) {
        assertEquals(-1, placed(right, memory, arena, (int) ofB).mismatch(b), "operand, " + what);
      }
    }
  }

  /** The numbers between bytes that must stay as they are. */
  private static MemorySegment placed(
      MemorySegment numbers, Memory memory, Arena arena, int offset) {
    MemorySegment placed = memory.allocate(arena, offset + numbers.byteSize() + GUARD);
    placed.fill(MARK);
    MemorySegment.copy(numbers, 0, placed, offset, numbers.byteSize());
    return placed;
  }

  /** The same bytes, but that of a NaN only the fact matters. */
  private static void assertSame(
      ValueLayout layout, MemorySegment expected, MemorySegment actual, long from, String what) {
    long mismatch = expected.mismatch(actual);
    if (mismatch >= 0 && Numbers.isFloat(layout)) {
      long end = actual.byteSize() - GUARD - layout.byteSize();
      for (long at = from; at <= end; at += layout.byteSize()) {
        Numbers.set(actual, layout, at, Numbers.get(actual, layout, at));
      }
      mismatch = expected.mismatch(actual);
    }
    assertEquals(-1, mismatch, what + ": first byte that differs, numbers start at " + from);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldNotGoBeyondTheEndOfASegment(Reduction reduction, ValueLayout layout) {
    Kernel kernel = kernel(reduction, layout);
    int count = 9001;
    long bytes = count * layout.byteSize();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment whole = arena.allocate(bytes, 8);
      MemorySegment less = arena.allocate(bytes, 8).asSlice(0, bytes - 1);
      assertThrows(
          IndexOutOfBoundsException.class, () -> kernel.reduce(less, 0, whole, 0, whole, 0, count));
      assertThrows(
          IndexOutOfBoundsException.class, () -> kernel.reduce(whole, 0, less, 0, whole, 0, count));
      assertThrows(
          IndexOutOfBoundsException.class, () -> kernel.reduce(whole, 0, whole, 0, less, 0, count));
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> kernel.reduce(whole, -1, whole, 0, whole, 0, count));
    }
  }

  @Test
  void shouldRefuseMemoryThatIsGone() {
    Kernel kernel = kernel(Reduction.SUM, ValueLayout.JAVA_FLOAT);
    MemorySegment gone;
    try (Arena arena = Arena.ofConfined()) {
      gone = arena.allocate(4096, 64);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment there = arena.allocate(4096, 64);
      assertThrows(
          IllegalStateException.class, () -> kernel.reduce(there, 0, gone, 0, there, 0, 1024));
    }
  }
}
