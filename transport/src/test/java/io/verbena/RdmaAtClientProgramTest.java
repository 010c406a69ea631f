package io.verbena;

import java.time.Duration;

/** Random programs where only the client could use RDMA. */
@RdmaTest
class RdmaAtClientProgramTest extends RandomProgramContract {
  @Override
  TransportConfig clientConfig() {
    return EndpointPair.PATIENT;
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }

  @Override
  long firstSeed() {
    return 800000;
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
