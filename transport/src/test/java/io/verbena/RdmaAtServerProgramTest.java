package io.verbena;

import java.time.Duration;

/** Random programs where only the server could use RDMA. */
@RdmaTest
class RdmaAtServerProgramTest extends RandomProgramContract {
  @Override
  TransportConfig clientConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT;
  }

  @Override
  long firstSeed() {
    return 900000;
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
