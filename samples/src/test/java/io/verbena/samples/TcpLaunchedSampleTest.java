package io.verbena.samples;

/** Over TCP. */
class TcpLaunchedSampleTest extends LaunchedSampleContract {
  TcpLaunchedSampleTest() {
    super("off", 3);
  }
}
