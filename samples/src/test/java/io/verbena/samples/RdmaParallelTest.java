package io.verbena.samples;

import java.util.List;
import org.junit.jupiter.params.provider.Arguments;

/** Over RDMA. */
@RdmaTest
class RdmaParallelTest extends ParallelContract {
  RdmaParallelTest() {
    super("required", 2);
  }

  @Override
  List<Arguments> samples() {
    return List.of(Arguments.of("heat", "--size 20 --steps 100"));
  }
}
