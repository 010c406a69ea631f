package io.verbena;

/** The contract of remote memory over RDMA, moved by their callers. */
@RdmaTest
class RdmaCallerRemoteMemoryTest extends RemoteMemoryContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.CALLER);
  }
}
