package io.verbena.doctor;

import io.verbena.Link;
import io.verbena.RdmaTest;
import io.verbena.TransportConfig;
import org.junit.jupiter.api.Timeout;

/** The same by RDMA. */
@RdmaTest
@Timeout(240)
class RdmaPeerWriteTest extends PeerWriteTest {
  @Override
  TransportConfig config() {
    return TransportConfig.defaults();
  }

  @Override
  Class<? extends Link> link() {
    return Link.Rdma.class;
  }
}
