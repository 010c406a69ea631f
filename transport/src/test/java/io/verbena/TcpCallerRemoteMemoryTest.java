package io.verbena;

/** The contract of remote memory over TCP, moved by their callers. */
class TcpCallerRemoteMemoryTest extends RemoteMemoryContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.CALLER);
  }
}
