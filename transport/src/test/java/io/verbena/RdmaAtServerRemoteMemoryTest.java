package io.verbena;

/** The contract of remote memory where only the server could use RDMA. */
@RdmaTest
class RdmaAtServerRemoteMemoryTest extends RemoteMemoryContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT;
  }
}
