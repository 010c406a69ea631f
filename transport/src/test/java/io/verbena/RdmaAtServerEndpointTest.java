package io.verbena;

/** The contract of handlers and ends where only the server could use RDMA. */
@RdmaTest
class RdmaAtServerEndpointTest extends EndpointContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT;
  }
}
