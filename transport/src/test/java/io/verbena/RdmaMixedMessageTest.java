package io.verbena;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/** The contract of messages over RDMA, moved by callers at one side only. */
@RdmaTest
class RdmaMixedMessageTest extends MessageContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.CALLER);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.THREAD);
  }

  @Override
  void checkLink(Link link) {
    assertInstanceOf(Link.Rdma.class, link, link::toString);
  }
}
