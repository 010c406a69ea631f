package io.verbena;

/** A message's buffer grows with what has arrived, out of the pool if need be. */
class TcpSmallPoolTest extends SmallPoolContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }
}
