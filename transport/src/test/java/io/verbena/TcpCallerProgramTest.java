package io.verbena;

/** Random programs over TCP. */
class TcpCallerProgramTest extends RandomProgramContract {
  @Override
  TransportConfig clientConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.CALLER);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.CALLER);
  }

  @Override
  long firstSeed() {
    return 0;
  }

  @Override
  int count() {
    return 300;
  }
}
