package io.verbena.samples.files;

import io.verbena.RdmaMode;
import io.verbena.samples.RdmaTest;
import java.io.IOException;

/** Over RDMA. */
@RdmaTest
class RdmaFileTest extends FileContract {
  RdmaFileTest() throws IOException {
    super(RdmaMode.REQUIRED);
  }
}
