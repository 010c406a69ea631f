package io.verbena;

/** Random programs over TCP. */
class TcpCallerAndThreadProgramTest extends RandomProgramContract {
  @Override
  TransportConfig clientConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.CALLER);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.THREAD);
  }

  @Override
  long firstSeed() {
    return 200000;
  }

  @Override
  int count() {
    return 300;
  }
}
