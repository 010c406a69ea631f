package io.verbena.collective;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Chooses kernels: those of the Vector API if the JVM was started with {@code --add-modules
 * jdk.incubator.vector}, otherwise loops over heap arrays.
 */
final class Kernels {
  /** Whether the Vector API is there. */
  static final boolean VECTORS = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

  private Kernels() {}

  /**
   * The kernel of a reduction.
   *
   * @param element the layout of an element; elements follow each other without a gap
   * @throws IllegalArgumentException if the reduction is not defined for such elements
   */
  static Kernel of(Reduction reduction, MemoryLayout element) {
    return of(reduction, element, VECTORS);
  }

  /** The same, by the Vector API or without. */
  static Kernel of(Reduction reduction, MemoryLayout element, boolean vectors) {
    ReductionFunction function = reduction.function();
    if (function != null) {
      return new FunctionKernel(function, element);
    }
    Operator operator = reduction.operator();
    Kernel kernel = operator == null ? null : builtIn(operator, element, vectors);
    if (kernel == null) {
      throw new IllegalArgumentException(
          "%s is not defined for %s".formatted(reduction, described(element)));
    }
    return kernel;
  }

  private static @Nullable Kernel builtIn(
      Operator operator, MemoryLayout element, boolean vectors) {
    if (operator == Operator.MIN_LOC || operator == Operator.MAX_LOC) {
      return LocationKernel.of(operator == Operator.MIN_LOC, element);
    }
    if (!(element instanceof ValueLayout value)) {
      return null;
    }
    Kernel tiled = ofValues(operator, value);
    return tiled == null || !vectors ? tiled : VectorKernel.of(operator, value, tiled);
  }

  private static @Nullable Kernel ofValues(Operator operator, ValueLayout element) {
    ByteOrder order = element.order();
    return switch (element) {
      case ValueLayout.OfByte _ ->
          tiled(ValueLayout.JAVA_BYTE, order, ByteLoops.TILES, ByteLoops.of(operator));
      case ValueLayout.OfShort _ ->
          tiled(ValueLayout.JAVA_SHORT_UNALIGNED, order, ShortLoops.TILES, ShortLoops.of(operator));
      case ValueLayout.OfChar _ ->
          tiled(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              order,
              ShortLoops.TILES,
              ShortLoops.ofChar(operator));
      case ValueLayout.OfInt _ ->
          tiled(ValueLayout.JAVA_INT_UNALIGNED, order, IntLoops.TILES, IntLoops.of(operator));
      case ValueLayout.OfLong _ ->
          tiled(ValueLayout.JAVA_LONG_UNALIGNED, order, LongLoops.TILES, LongLoops.of(operator));
      case ValueLayout.OfFloat _ ->
          tiled(ValueLayout.JAVA_FLOAT_UNALIGNED, order, FloatLoops.TILES, FloatLoops.of(operator));
      case ValueLayout.OfDouble _ ->
          tiled(
              ValueLayout.JAVA_DOUBLE_UNALIGNED,
              order,
              DoubleLoops.TILES,
              DoubleLoops.of(operator));
      default -> null;
    };
  }

  private static <A> @Nullable Kernel tiled(
      ValueLayout layout, ByteOrder order, Tiles<A> tiles, TileKernel.@Nullable Loop<A> loop) {
    return loop == null ? null : new TileKernel<>(layout.withOrder(order), tiles, loop);
  }

  private static String described(MemoryLayout element) {
    return element instanceof ValueLayout value
        ? "%s (layout %s)".formatted(value.carrier().getSimpleName(), value)
        : "layout " + element;
  }
}
