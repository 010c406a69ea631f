package io.verbena.samples.files;

import io.verbena.RdmaMode;
import java.io.IOException;

/** Over TCP. */
class TcpFileTest extends FileContract {
  TcpFileTest() throws IOException {
    super(RdmaMode.OFF);
  }
}
