package io.verbena;

import java.time.Duration;

/** Random programs over RDMA. */
@RdmaTest
class RdmaCallerProgramTest extends RandomProgramContract {
  @Override
  TransportConfig clientConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.CALLER);
  }

  @Override
  TransportConfig serverConfig() {
    return clientConfig();
  }

  @Override
  long firstSeed() {
    return 300000;
  }

  @Override
  int count() {
    return 300;
  }

  @Override
  int required() {
    return 20;
  }

  @Override
  Duration enough() {
    return Duration.ofSeconds(15);
  }
}
