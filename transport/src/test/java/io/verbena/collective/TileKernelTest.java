package io.verbena.collective;

import java.lang.foreign.ValueLayout;

/** The kernels that need no module beyond the JDK's own. */
class TileKernelTest extends KernelTest {
  @Override
  Kernel kernel(Reduction reduction, ValueLayout element) {
    return Kernels.of(reduction, element, false);
  }
}
