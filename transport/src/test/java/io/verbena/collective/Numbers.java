package io.verbena.collective;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Numbers of any layout as their bits in a long, and what reductions make of them one by one. */
final class Numbers {
  static final List<ValueLayout> ALIGNED =
      List.of(
          ValueLayout.JAVA_BYTE,
          ValueLayout.JAVA_SHORT,
          ValueLayout.JAVA_CHAR,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_FLOAT,
          ValueLayout.JAVA_DOUBLE);

  static final List<Reduction> ARITHMETIC =
      List.of(Reduction.SUM, Reduction.PRODUCT, Reduction.MIN, Reduction.MAX);

  static final List<Reduction> BITWISE = List.of(Reduction.AND, Reduction.OR, Reduction.XOR);

  private static final double[] SPECIAL = {
    Double.NaN,
    Double.NEGATIVE_INFINITY,
    Double.POSITIVE_INFINITY,
    -0.0,
    0.0,
    Double.MIN_VALUE,
    Double.MAX_VALUE,
    -Double.MAX_VALUE,
    Float.MIN_VALUE,
    Float.MAX_VALUE,
    Float.MIN_NORMAL,
  };

  private static final long[] SPECIAL_BITS = {
    0,
    1,
    -1,
    Byte.MIN_VALUE,
    Byte.MAX_VALUE,
    Short.MIN_VALUE,
    Short.MAX_VALUE,
    Integer.MIN_VALUE,
    Integer.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MAX_VALUE
  };

  private Numbers() {}

  /** The layouts of numbers, aligned and not, in both byte orders. */
  static Stream<ValueLayout> layouts() {
    return ALIGNED.stream()
        .flatMap(
            layout ->
                Stream.of(
                    layout,
                    layout.withByteAlignment(1),
                    layout.withByteAlignment(1).withOrder(ByteOrder.BIG_ENDIAN)));
  }

  static boolean isFloat(ValueLayout layout) {
    return layout instanceof ValueLayout.OfFloat || layout instanceof ValueLayout.OfDouble;
  }

  /** Any number, quite often one of the special ones. */
  static long random(ValueLayout layout, Random random) {
    boolean special = random.nextInt(4) == 0;
    double number = SPECIAL[random.nextInt(SPECIAL.length)];
    return switch (layout) {
      case ValueLayout.OfFloat _ ->
          Float.floatToIntBits(special ? (float) number : (float) random.nextGaussian());
      case ValueLayout.OfDouble _ ->
          Double.doubleToLongBits(special ? number : random.nextGaussian());
      default ->
          special
              ? narrowed(layout, SPECIAL_BITS[random.nextInt(SPECIAL_BITS.length)])
              : narrowed(layout, random.nextLong());
    };
  }

  /** The number of this layout whose bits are the last ones of these. */
  private static long narrowed(ValueLayout layout, long bits) {
    return switch (layout) {
      case ValueLayout.OfByte _ -> (byte) bits;
      case ValueLayout.OfShort _ -> (short) bits;
      case ValueLayout.OfChar _ -> (char) bits;
      case ValueLayout.OfInt _ -> (int) bits;
      case ValueLayout.OfLong _ -> bits;
      default -> throw new IllegalArgumentException(layout.toString());
    };
  }

  /** All NaN are one: which of two a sum takes its bits from is up to the processor. */
  static long get(MemorySegment segment, ValueLayout layout, long offset) {
    return switch (layout.withByteAlignment(1)) {
      case ValueLayout.OfByte l -> segment.get(l, offset);
      case ValueLayout.OfShort l -> segment.get(l, offset);
      case ValueLayout.OfChar l -> segment.get(l, offset);
      case ValueLayout.OfInt l -> segment.get(l, offset);
      case ValueLayout.OfLong l -> segment.get(l, offset);
      case ValueLayout.OfFloat l -> Float.floatToIntBits(segment.get(l, offset));
      case ValueLayout.OfDouble l -> Double.doubleToLongBits(segment.get(l, offset));
      default -> throw new IllegalArgumentException(layout.toString());
    };
  }

  static void set(MemorySegment segment, ValueLayout layout, long offset, long bits) {
    switch (layout.withByteAlignment(1)) {
      case ValueLayout.OfByte l -> segment.set(l, offset, (byte) bits);
      case ValueLayout.OfShort l -> segment.set(l, offset, (short) bits);
      case ValueLayout.OfChar l -> segment.set(l, offset, (char) bits);
      case ValueLayout.OfInt l -> segment.set(l, offset, (int) bits);
      case ValueLayout.OfLong l -> segment.set(l, offset, bits);
      case ValueLayout.OfFloat l -> segment.set(l, offset, Float.intBitsToFloat((int) bits));
      case ValueLayout.OfDouble l -> segment.set(l, offset, Double.longBitsToDouble(bits));
      default -> throw new IllegalArgumentException(layout.toString());
    }
  }

  /** What one element becomes. */
  static long reduced(Reduction reduction, ValueLayout layout, long left, long right) {
    return switch (layout) {
      case ValueLayout.OfFloat _ ->
          Float.floatToIntBits(
              reduced(
                  reduction, Float.intBitsToFloat((int) left), Float.intBitsToFloat((int) right)));
      case ValueLayout.OfDouble _ ->
          Double.doubleToLongBits(
              reduced(reduction, Double.longBitsToDouble(left), Double.longBitsToDouble(right)));
      default -> narrowed(layout, reduced(reduction, left, right));
    };
  }

  private static float reduced(Reduction reduction, float left, float right) {
    return switch (reduction.name()) {
      case "sum" -> left + right;
      case "product" -> left * right;
      case "min" -> Math.min(left, right);
      case "max" -> Math.max(left, right);
      default -> throw new IllegalArgumentException(reduction.name());
    };
  }

  private static double reduced(Reduction reduction, double left, double right) {
    return switch (reduction.name()) {
      case "sum" -> left + right;
      case "product" -> left * right;
      case "min" -> Math.min(left, right);
      case "max" -> Math.max(left, right);
      default -> throw new IllegalArgumentException(reduction.name());
    };
  }

  private static long reduced(Reduction reduction, long left, long right) {
    return switch (reduction.name()) {
      case "sum" -> left + right;
      case "product" -> left * right;
      case "min" -> Math.min(left, right);
      case "max" -> Math.max(left, right);
      case "and" -> left & right;
      case "or" -> left | right;
      case "xor" -> left ^ right;
      default -> throw new IllegalArgumentException(reduction.name());
    };
  }
}
