package io.verbena;

class TcpVirtualThreadTest extends VirtualThreadContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }

  @Override
  int conversations() {
    return 24;
  }

  @Override
  int rounds() {
    return 20;
  }
}
