package io.verbena.samples;

import io.verbena.collective.launch.Launchers;
import io.verbena.collective.launch.Launchers.Launcher;
import java.util.stream.Stream;

/** Over TCP. */
class TcpLaunchedSampleTest extends LaunchedSampleContract {
  TcpLaunchedSampleTest() {
    super("off");
  }

  @Override
  Stream<Launcher> launchers() {
    return Launchers.of(3);
  }
}
