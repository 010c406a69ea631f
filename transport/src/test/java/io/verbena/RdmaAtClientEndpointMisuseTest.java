package io.verbena;

/** Bad input to an endpoint where only the client could use RDMA. */
@RdmaTest
class RdmaAtClientEndpointMisuseTest extends EndpointMisuseContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT;
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }
}
