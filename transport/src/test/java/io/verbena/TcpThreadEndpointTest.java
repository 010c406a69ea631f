package io.verbena;

/** The contract of handlers and ends over TCP, moved by the transport's threads. */
class TcpThreadEndpointTest extends EndpointContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.THREAD);
  }
}
