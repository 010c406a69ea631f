package io.verbena.samples.kv;

import io.verbena.RdmaMode;
import io.verbena.samples.RdmaTest;
import java.io.IOException;

/** Over RDMA. */
@RdmaTest
class RdmaKvTest extends KvContract {
  RdmaKvTest() throws IOException {
    super(RdmaMode.REQUIRED);
  }
}
