package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.junit.jupiter.api.BeforeAll;

/** The kernels that use the Vector API. */
class VectorKernelTest extends KernelTest {
  @BeforeAll
  static void shouldHaveTheModule() {
    assumeTrue(Kernels.VECTORS, "the JVM was started without --add-modules jdk.incubator.vector");
  }

  @Override
  Kernel kernel(Reduction reduction, ValueLayout element) {
    Kernel kernel = Kernels.of(reduction, element, true);
    if (element.order() == ByteOrder.nativeOrder()) {
      assertInstanceOf(VectorKernel.class, kernel);
    }
    return kernel;
  }
}
