package io.verbena;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;

/** The contract of messages where only the server could use RDMA. */
@RdmaTest
class RdmaAtServerMessageTest extends MessageContract {
  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.OFF);
  }

  @Override
  TransportConfig serverConfig() {
    return EndpointPair.PATIENT;
  }

  @Override
  void checkLink(Link link) {
    var tcp = assertInstanceOf(Link.Tcp.class, link);
    assertTrue(
        Set.of("it is switched off", "the peer has none: it is switched off").contains(tcp.why()),
        tcp.why());
  }
}
