package io.verbena;

/** The contract of remote memory where only the client could use RDMA. */
@RdmaTest
class RdmaAtClientRemoteMemoryTest extends RemoteMemoryContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT;
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }
}
