package io.verbena.verbs;

import io.verbena.RdmaDevice;
import java.io.IOException;

/** An open device with a port that works; the lowest rung of the fixtures. */
class DeviceFixture implements AutoCloseable {
  final Context context;
  final int port;
  final int gidIndex;

  DeviceFixture() throws IOException {
    PortChoice choice = Device.choose(PortWishes.none().withDevice(RdmaDevice.find().name()));
    context = choice.device().open();
    port = choice.port().number();
    gidIndex = choice.gid().index();
  }

  @Override
  public void close() {
    context.close();
  }
}
