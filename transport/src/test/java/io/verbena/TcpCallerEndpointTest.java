package io.verbena;

/** The contract of handlers and ends over TCP, moved by callers. */
class TcpCallerEndpointTest extends EndpointContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.CALLER);
  }
}
