package io.verbena;

/** The contract of handlers and ends over RDMA, moved by callers at one side only. */
@RdmaTest
class RdmaMixedEndpointTest extends EndpointContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.THREAD);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.CALLER);
  }
}
