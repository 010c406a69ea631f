package io.verbena.collective;

import io.verbena.RdmaMode;
import io.verbena.RdmaTest;
import io.verbena.TransportConfig;

/** Over RDMA. */
@RdmaTest
class RdmaCommunicatorTest extends CommunicatorContract {
  RdmaCommunicatorTest() throws Exception {
    super(TransportConfig.defaults().withRdma(RdmaMode.REQUIRED));
  }
}
