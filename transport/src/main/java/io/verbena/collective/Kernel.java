package io.verbena.collective;

import java.lang.foreign.MemorySegment;

/**
 * A reduction of elements of one layout. Any number of threads may use one at the same time. What
 * is built in allocates nothing, once it is warm.
 */
@FunctionalInterface
interface Kernel {
  /**
   * Sets elements of the target to the reduction of those on the left and on the right. The
   * target's bytes may be exactly those of one operand, or of both; otherwise nothing may overlap.
   * Offsets count bytes and need no alignment.
   *
   * @param left the operands from lower ranks
   * @param right the operands from higher ranks
   * @param elements how many there are
   * @throws IndexOutOfBoundsException if a segment ends before; elements of the target may then
   *     have been written
   * @throws IllegalStateException if a segment's memory is no longer there
   */
  void reduce(
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment target,
      long targetOffset,
      long elements);
}
