package io.verbena.collective;

import io.verbena.RdmaMode;
import io.verbena.RdmaTest;
import io.verbena.TransportConfig;
import java.util.List;
import org.junit.jupiter.params.provider.Arguments;

/** Random programs over RDMA. */
@RdmaTest
class RdmaRandomCollectivesTest extends RandomCollectives {
  RdmaRandomCollectivesTest() {
    super(TransportConfig.defaults().withRdma(RdmaMode.REQUIRED));
  }

  @Override
  List<Arguments> programs() {
    return List.of(Arguments.of(2, 1), Arguments.of(3, 4));
  }
}
