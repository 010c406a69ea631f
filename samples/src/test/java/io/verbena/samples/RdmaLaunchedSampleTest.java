package io.verbena.samples;

/** Over RDMA. */
@RdmaTest
class RdmaLaunchedSampleTest extends LaunchedSampleContract {
  RdmaLaunchedSampleTest() {
    super("required", 4);
  }
}
