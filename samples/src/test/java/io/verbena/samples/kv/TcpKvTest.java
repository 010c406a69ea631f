package io.verbena.samples.kv;

import io.verbena.RdmaMode;
import java.io.IOException;

/** Over TCP. */
class TcpKvTest extends KvContract {
  TcpKvTest() throws IOException {
    super(RdmaMode.OFF);
  }
}
