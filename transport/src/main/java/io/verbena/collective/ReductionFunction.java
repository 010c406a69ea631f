package io.verbena.collective;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;

/**
 * Reduces vectors, element by element. It must be associative; collectives may apply it to any two
 * neighbouring partial results, on any rank. What stands on the left comes from lower ranks than
 * what stands on the right.
 *
 * <p>A function is called by whichever thread makes progress, by several at the same time if
 * several communicators use it, so it must not keep state of its own. It must not block and must
 * not use a communicator. If it throws, the collective fails with what it threw.
 *
 * <p>Stands for MPI's {@code MPI_User_function}.
 */
@FunctionalInterface
public interface ReductionFunction {
  /**
   * Sets each element of {@code target} to the reduction of those of {@code left} and {@code right}
   * at the same place. Each segment has exactly {@code count} elements, is valid during the call
   * only, and starts anywhere: read and write with layouts without alignment, as {@link
   * java.lang.foreign.ValueLayout#JAVA_INT_UNALIGNED}.
   *
   * @param left the operands from lower ranks, read-only
   * @param right the operands from higher ranks, read-only
   * @param target the results; may be the very memory of {@code left} or of {@code right}, which
   *     then holds the operands until they are overwritten
   * @param element the layout of an element; elements follow each other without a gap
   * @param count how many elements there are
   */
  void apply(
      MemorySegment left,
      MemorySegment right,
      MemorySegment target,
      MemoryLayout element,
      long count);
}
