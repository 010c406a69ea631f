package io.verbena;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/** The contract of messages over RDMA, moved by the transport's threads. */
@RdmaTest
class RdmaThreadMessageTest extends MessageContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED).withProgress(Progress.THREAD);
  }

  @Override
  void checkLink(Link link) {
    assertInstanceOf(Link.Rdma.class, link, link::toString);
  }
}
