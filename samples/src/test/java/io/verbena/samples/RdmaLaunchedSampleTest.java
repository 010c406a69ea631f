package io.verbena.samples;

import io.verbena.collective.launch.Launchers;
import io.verbena.collective.launch.Launchers.Launcher;
import java.util.stream.Stream;

/** Over RDMA. */
@RdmaTest
class RdmaLaunchedSampleTest extends LaunchedSampleContract {
  RdmaLaunchedSampleTest() {
    super("required");
  }

  /** Four processes once: to start them takes long on the emulated processors. */
  @Override
  Stream<Launcher> launchers() {
    return Stream.concat(Launchers.of(4).limit(1), Launchers.of(2).skip(1));
  }
}
