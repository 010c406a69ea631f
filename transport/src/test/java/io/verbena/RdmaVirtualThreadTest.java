package io.verbena;

@RdmaTest
class RdmaVirtualThreadTest extends VirtualThreadContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED);
  }

  @Override
  int conversations() {
    return 8;
  }

  @Override
  int rounds() {
    return 10;
  }
}
