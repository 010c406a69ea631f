package io.verbena;

/** Bad input to an endpoint where only the server could use RDMA. */
@RdmaTest
class RdmaAtServerEndpointMisuseTest extends EndpointMisuseContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT;
  }
}
