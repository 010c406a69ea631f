package io.verbena.verbs;

import io.verbena.RdmaDevice;
import java.io.IOException;
import java.util.Comparator;

/** An open device with a port that works; the lowest rung of the fixtures. */
class DeviceFixture implements AutoCloseable {
  final Context context;
  final int port;
  final int gidIndex;

  DeviceFixture() throws IOException {
    context = RdmaDevice.find().open();
    boolean ready = false;
    try {
      port = activePort(context);
      gidIndex = bestGid(context, port);
      ready = true;
    } finally {
      if (!ready) {
        context.close();
      }
    }
  }

  private static int activePort(Context context) throws IOException {
    for (int port = 1; port <= context.portCount(); port++) {
      if (context.port(port).state() == PortState.ACTIVE) {
        return port;
      }
    }
    throw new IOException(context.device().name() + " has no active port");
  }

  /** RoCE version 2 over IPv4 where there is one: it works wherever the machine's IPv4 does. */
  private static int bestGid(Context context, int port) throws VerbsException {
    return context.gids(port).stream()
        .max(
            Comparator.comparing((GidEntry entry) -> entry.type() == GidType.ROCE_V2)
                .thenComparing(entry -> entry.gid().isIpv4Mapped())
                .thenComparingInt(entry -> -entry.index()))
        .map(GidEntry::index)
        .orElse(0);
  }

  @Override
  public void close() {
    context.close();
  }
}
