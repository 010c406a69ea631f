package io.verbena;

/** The contract of handlers and ends where only the client could use RDMA. */
@RdmaTest
class RdmaAtClientEndpointTest extends EndpointContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT;
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }
}
