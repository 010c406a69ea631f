package io.verbena;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/** The contract of messages over TCP, moved by callers at one side only. */
class TcpMixedMessageTest extends MessageContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.CALLER);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.THREAD);
  }

  @Override
  void checkLink(Link link) {
    assertInstanceOf(Link.Tcp.class, link, link::toString);
  }
}
