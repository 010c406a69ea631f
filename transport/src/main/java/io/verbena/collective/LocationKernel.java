package io.verbena.collective;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The least or greatest value and its index. Values and indexes are read and written as bits by
 * constant layouts, which is many times as fast as by those of the element.
 */
final class LocationKernel implements Kernel {
  private final boolean least;
  private final ValueLayout value;
  private final long valueOffset;
  private final ValueLayout index;
  private final long indexOffset;
  private final long stride;

  private LocationKernel(boolean least, Member value, Member index, long stride) {
    this.least = least;
    this.value = value.layout();
    this.valueOffset = value.offset();
    this.index = index.layout();
    this.indexOffset = index.offset();
    this.stride = stride;
  }

  /** A number in an element. */
  private record Member(ValueLayout layout, long offset) {
    boolean isWhole() {
      return layout instanceof ValueLayout.OfInt || layout instanceof ValueLayout.OfLong;
    }

    boolean isFloat() {
      return layout instanceof ValueLayout.OfFloat || layout instanceof ValueLayout.OfDouble;
    }
  }

  /** The kernel, or null if elements are no such structs. */
  static @Nullable Kernel of(boolean least, MemoryLayout element) {
    List<Member> members = new ArrayList<>();
    if (element instanceof StructLayout struct) {
      long offset = 0;
      for (MemoryLayout member : struct.memberLayouts()) {
        if (member instanceof ValueLayout number) {
          members.add(new Member(number, offset));
        } else if (!(member instanceof PaddingLayout)) {
          return null;
        }
        offset += member.byteSize();
      }
    }
    if (members.size() != 2) {
      return null;
    }
    Member value = members.getFirst();
    Member index = members.getLast();
    return (value.isWhole() || value.isFloat()) && index.isWhole()
        ? new LocationKernel(least, value, index, element.byteSize())
        : null;
  }

  @Override
  public void reduce(
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment target,
      long targetOffset,
      long elements) {
    for (long i = 0; i < elements; i++) {
      long at = i * stride;
      long leftValue = get(left, value, leftOffset + at + valueOffset);
      long rightValue = get(right, value, rightOffset + at + valueOffset);
      long leftIndex = get(left, index, leftOffset + at + indexOffset);
      long rightIndex = get(right, index, rightOffset + at + indexOffset);
      int order = compare(leftValue, rightValue);
      boolean takesLeft = order < 0 || (order == 0 && leftIndex <= rightIndex);
      set(target, value, targetOffset + at + valueOffset, takesLeft ? leftValue : rightValue);
      set(target, index, targetOffset + at + indexOffset, takesLeft ? leftIndex : rightIndex);
    }
  }

  /** Less than 0 if the left value is the one that is looked for. */
  private int compare(long left, long right) {
    return switch (value) {
      case ValueLayout.OfFloat _ ->
          compare(Float.intBitsToFloat((int) left), Float.intBitsToFloat((int) right));
      case ValueLayout.OfDouble _ ->
          compare(Double.longBitsToDouble(left), Double.longBitsToDouble(right));
      default -> directed(Long.compare(left, right));
    };
  }

  /** The JDK's order has -0 before +0 and NaN last: NaN has to win over the least, too. */
  private int compare(double left, double right) {
    if (Double.isNaN(left) || Double.isNaN(right)) {
      return Boolean.compare(Double.isNaN(right), Double.isNaN(left));
    }
    return directed(Double.compare(left, right));
  }

  private int directed(int order) {
    return least ? order : -order;
  }

  /** The bits in this machine's byte order, those of four bytes as an int. */
  private static long get(MemorySegment segment, ValueLayout layout, long offset) {
    boolean foreign = layout.order() != ByteOrder.nativeOrder();
    if (layout.byteSize() == Integer.BYTES) {
      int bits = segment.get(ValueLayout.JAVA_INT_UNALIGNED, offset);
      return foreign ? Integer.reverseBytes(bits) : bits;
    }
    long bits = segment.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
    return foreign ? Long.reverseBytes(bits) : bits;
  }

  private static void set(MemorySegment segment, ValueLayout layout, long offset, long bits) {
    boolean foreign = layout.order() != ByteOrder.nativeOrder();
    if (layout.byteSize() == Integer.BYTES) {
      int four = (int) bits;
      segment.set(
          ValueLayout.JAVA_INT_UNALIGNED, offset, foreign ? Integer.reverseBytes(four) : four);
    } else {
      segment.set(
          ValueLayout.JAVA_LONG_UNALIGNED, offset, foreign ? Long.reverseBytes(bits) : bits);
    }
  }
}
