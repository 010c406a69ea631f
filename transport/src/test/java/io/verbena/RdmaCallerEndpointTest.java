package io.verbena;

/** The contract of handlers and ends over RDMA, moved by callers. */
@RdmaTest
class RdmaCallerEndpointTest extends EndpointContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.CALLER);
  }
}
