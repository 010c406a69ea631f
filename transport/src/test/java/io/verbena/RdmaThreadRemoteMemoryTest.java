package io.verbena;

/** The contract of remote memory over RDMA, moved by the transport's threads. */
@RdmaTest
class RdmaThreadRemoteMemoryTest extends RemoteMemoryContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.THREAD);
  }
}
