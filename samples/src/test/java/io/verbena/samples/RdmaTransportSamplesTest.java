package io.verbena.samples;

/** The same over RDMA. */
@RdmaTest
class RdmaTransportSamplesTest extends TransportSamplesTest {
  @Override
  String rdma() {
    return "required";
  }
}
