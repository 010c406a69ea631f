package io.verbena;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/** The contract of messages over RDMA, moved by their callers. */
@RdmaTest
class RdmaCallerMessageTest extends MessageContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.CALLER);
  }

  @Override
  void checkLink(Link link) {
    assertInstanceOf(Link.Rdma.class, link, link::toString);
  }
}
