package io.verbena.samples.pubsub;

import io.verbena.RdmaMode;
import java.io.IOException;

/** Over TCP. */
class TcpFanTest extends FanContract {
  TcpFanTest() throws IOException {
    super(RdmaMode.OFF);
  }
}
