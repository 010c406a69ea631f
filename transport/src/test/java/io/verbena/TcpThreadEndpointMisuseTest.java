package io.verbena;

/** Bad input to an endpoint over TCP. */
class TcpThreadEndpointMisuseTest extends EndpointMisuseContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.THREAD);
  }
}
