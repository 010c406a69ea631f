package io.verbena.collective;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.VectorShape;
import org.jspecify.annotations.Nullable;

/**
 * Reduces native memory by the Vector API. Only to be loaded where its module is.
 *
 * <p>Each operator has a loop of its own: the compiler makes instructions of one only if it sees a
 * constant. Heap memory is left to the tiles, because a loop that meets several kinds of segments
 * has to look at each access which kind it is.
 */
final class VectorKernel implements Kernel {
  private static final int VECTOR_BYTES = VectorShape.preferredShape().vectorBitSize() / Byte.SIZE;

  private final Kernel loop;
  private final Kernel rest;
  private final int elementBytes;

  private VectorKernel(Kernel loop, Kernel rest, int elementBytes) {
    this.loop = loop;
    this.rest = rest;
    this.elementBytes = elementBytes;
  }

  /**
   * A kernel for elements in this machine's byte order.
   *
   * @param rest reduces what is less than a vector, and what is not in native memory
   * @return a faster kernel if there is one, otherwise the given one
   */
  static Kernel of(Operator operator, ValueLayout element, Kernel rest) {
    Kernel loop = element.order() == ByteOrder.nativeOrder() ? loop(operator, element) : null;
    return loop == null ? rest : new VectorKernel(loop, rest, (int) element.byteSize());
  }

  private static @Nullable Kernel loop(Operator operator, ValueLayout element) {
    return switch (operator) {
      case AND, OR, XOR -> BitVectors.of(operator);
      default ->
          switch (element) {
            case ValueLayout.OfByte _ -> ByteVectors.of(operator);
            case ValueLayout.OfShort _ -> ShortVectors.of(operator);
            case ValueLayout.OfChar _ -> ShortVectors.ofChar(operator);
            case ValueLayout.OfInt _ -> IntVectors.of(operator);
            case ValueLayout.OfLong _ -> LongVectors.of(operator);
            case ValueLayout.OfFloat _ -> FloatVectors.of(operator);
            case ValueLayout.OfDouble _ -> DoubleVectors.of(operator);
            default -> null;
          };
    };
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
    boolean isNative = left.isNative() && right.isNative() && target.isNative();
    long all = elements * elementBytes;
    long bytes = isNative ? all - all % VECTOR_BYTES : 0;
    if (bytes > 0) {
      loop.reduce(left, leftOffset, right, rightOffset, target, targetOffset, bytes);
    }
    if (bytes < all) {
      rest.reduce(
          left,
          leftOffset + bytes,
          right,
          rightOffset + bytes,
          target,
          targetOffset + bytes,
          (all - bytes) / elementBytes);
    }
  }
}
