package io.verbena.samples.pubsub;

import io.verbena.RdmaMode;
import io.verbena.samples.RdmaTest;
import java.io.IOException;

/** Over RDMA. */
@RdmaTest
class RdmaFanTest extends FanContract {
  RdmaFanTest() throws IOException {
    super(RdmaMode.REQUIRED);
  }
}
