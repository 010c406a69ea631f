package io.verbena;

/** Bad input to an endpoint over RDMA. */
@RdmaTest
class RdmaThreadEndpointMisuseTest extends EndpointMisuseContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.THREAD);
  }
}
