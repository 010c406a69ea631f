package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The least and greatest value with its index. */
class LocationKernelTest {
  private static final int COUNT = 300;
  private static final byte MARK = 0x5a;

  /** An element in a test's own words. */
  private record Located(double value, long index) {}

  private static final ValueLayout INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      for (ValueLayout value : List.of(INT, LONG, FLOAT, DOUBLE)) {
        for (ValueLayout index : List.of(INT, LONG)) {
          for (int padding : new int[] {0, 4}) {
            cases.add(Arguments.of(value.withOrder(order), index.withOrder(order), padding));
          }
        }
      }
    }
    return cases.stream();
  }

  private static StructLayout element(ValueLayout value, ValueLayout index, int padding) {
    return padding == 0
        ? MemoryLayout.structLayout(value.withName("value"), index.withName("index"))
        : MemoryLayout.structLayout(
            value, MemoryLayout.paddingLayout(padding), index, MemoryLayout.paddingLayout(8));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldTakeTheBestValueAndItsIndex(ValueLayout value, ValueLayout index, int padding) {
    StructLayout element = element(value, index, padding);
    long indexAt = value.byteSize() + padding;
    Random random = new Random(3);
    try (Arena arena = Arena.ofConfined()) {
      for (Reduction reduction : List.of(Reduction.MIN_LOC, Reduction.MAX_LOC)) {
        Kernel kernel = Kernels.of(reduction, element);
        for (int where = 0; where < 3; where++) {
          MemorySegment left = arena.allocate(element.byteSize() * COUNT);
          MemorySegment right = arena.allocate(element.byteSize() * COUNT + 3);
          MemorySegment target =
              switch (where) {
                case 0 -> MemorySegment.ofArray(new byte[(int) element.byteSize() * COUNT]);
                case 1 -> left;
                default -> right;
              };
          int targetOffset = where == 2 ? 3 : 0;
          target.fill(MARK);
          List<Located> expected = new ArrayList<>();
          for (int i = 0; i < COUNT; i++) {
            long at = i * element.byteSize();
            Located a = random(value, random);
            Located b = random(value, random);
            put(left, value, at, index, at + indexAt, a);
            put(right, value, 3 + at, index, 3 + at + indexAt, b);
            expected.add(best(a, b, reduction == Reduction.MIN_LOC));
          }

          kernel.reduce(left, 0, right, 3, target, targetOffset, COUNT);

          for (int i = 0; i < COUNT; i++) {
            long at = targetOffset + i * element.byteSize();
            Located found =
                new Located(
                    number(value, Numbers.get(target, value, at)),
                    Numbers.get(target, index, at + indexAt));
            assertEquals(expected.get(i), found, "element " + i + ", target " + where);
            for (int p = 0; p < padding; p++) {
              assertEquals(MARK, target.get(ValueLayout.JAVA_BYTE, at + value.byteSize() + p));
            }
          }
        }
      }
    }
  }

  /** Few values, so that many are the same. */
  private static Located random(ValueLayout value, Random random) {
    double[] floats = {-1.5, -0.0, 0.0, 2, Double.NaN};
    long[] whole = {Integer.MIN_VALUE, -1, 0, 7, Integer.MAX_VALUE};
    int which = random.nextInt(5);
    return new Located(
        Numbers.isFloat(value) ? floats[which] : whole[which], random.nextInt(-2, 4));
  }

  private static void put(
      MemorySegment segment,
      ValueLayout value,
      long at,
      ValueLayout index,
      long indexAt,
      Located element) {
    long bits =
        switch (value) {
          case ValueLayout.OfFloat _ -> Float.floatToIntBits((float) element.value());
          case ValueLayout.OfDouble _ -> Double.doubleToLongBits(element.value());
          default -> (long) element.value();
        };
    Numbers.set(segment, value, at, bits);
    Numbers.set(segment, index, indexAt, element.index());
  }

  private static double number(ValueLayout value, long bits) {
    return switch (value) {
      case ValueLayout.OfFloat _ -> Float.intBitsToFloat((int) bits);
      case ValueLayout.OfDouble _ -> Double.longBitsToDouble(bits);
      default -> bits;
    };
  }

  private static Located best(Located a, Located b, boolean least) {
    double best = least ? Math.min(a.value(), b.value()) : Math.max(a.value(), b.value());
    boolean isA = Double.compare(best, a.value()) == 0;
    boolean isB = Double.compare(best, b.value()) == 0;
    if (isA && isB) {
      return new Located(best, Math.min(a.index(), b.index()));
    }
    return isA ? a : b;
  }

  @Test
  void shouldCompareLongsThatNoDoubleHolds() {
    StructLayout element = element(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, 0);
    MemorySegment left = MemorySegment.ofArray(new long[] {Long.MAX_VALUE - 1, 1});
    MemorySegment right = MemorySegment.ofArray(new long[] {Long.MAX_VALUE, 2});
    long[] target = new long[2];
    Kernels.of(Reduction.MAX_LOC, element)
        .reduce(left, 0, right, 0, MemorySegment.ofArray(target), 0, 1);
    assertEquals(Long.MAX_VALUE, target[0]);
    assertEquals(2, target[1]);
  }
}
