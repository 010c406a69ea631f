package io.verbena;

/** Random programs over TCP. */
class TcpThreadProgramTest extends RandomProgramContract {
  @Override
  TransportConfig clientConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.THREAD);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.THREAD);
  }

  @Override
  long firstSeed() {
    return 100000;
  }

  @Override
  int count() {
    return 400;
  }
}
