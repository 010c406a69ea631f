package io.verbena;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/** The contract of messages over TCP, moved by their callers. */
class TcpCallerMessageTest extends MessageContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withProgress(Progress.CALLER);
  }

  @Override
  void checkLink(Link link) {
    assertInstanceOf(Link.Tcp.class, link, link::toString);
  }
}
