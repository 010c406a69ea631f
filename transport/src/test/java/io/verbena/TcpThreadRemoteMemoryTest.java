package io.verbena;

/** The contract of remote memory over TCP, moved by the transport's threads. */
class TcpThreadRemoteMemoryTest extends RemoteMemoryContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.THREAD);
  }
}
