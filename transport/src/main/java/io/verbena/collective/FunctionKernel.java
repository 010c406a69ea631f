package io.verbena.collective;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;

/** A reduction that the caller defined. */
record FunctionKernel(ReductionFunction function, MemoryLayout element) implements Kernel {
  @Override
  public void reduce(
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment target,
      long targetOffset,
      long elements) {
    if (elements <= 0) {
      return;
    }
    long bytes = Math.multiplyExact(elements, element.byteSize());
    function.apply(
        left.asSlice(leftOffset, bytes).asReadOnly(),
        right.asSlice(rightOffset, bytes).asReadOnly(),
        target.asSlice(targetOffset, bytes),
        element,
        elements);
  }
}
