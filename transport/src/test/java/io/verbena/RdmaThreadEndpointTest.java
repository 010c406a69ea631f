package io.verbena;

/** The contract of handlers and ends over RDMA, moved by the transport's threads. */
@RdmaTest
class RdmaThreadEndpointTest extends EndpointContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.THREAD);
  }
}
