package io.verbena.benchmarks;

import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.GidEntry;
import io.verbena.verbs.GidType;
import io.verbena.verbs.PortState;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/**
 * The port that both sides use.
 *
 * @param device its name
 * @param number counted from 1
 * @param gidIndex the place in the port's GID table
 */
record RdmaPort(String device, int number, int gidIndex) {
  /** The first active port, of the device that {@code VERBENA_DEVICE} names if it names one. */
  static RdmaPort find() throws IOException {
    String wanted = System.getenv("VERBENA_DEVICE");
    List<Device> devices =
        wanted == null || wanted.isEmpty() ? devices() : List.of(Device.named(wanted));
    for (Device device : devices) {
      try (Context context = device.open()) {
        for (int number = 1; number <= context.portCount(); number++) {
          if (context.port(number).state() == PortState.ACTIVE) {
            return new RdmaPort(device.name(), number, gidIndex(context, number));
          }
        }
      }
    }
    throw new PrerequisiteException(
        "measuring against perftest needs an RDMA device with an active port: without one, start"
            + " it with the launcher, which boots a guest that has one");
  }

  private static List<Device> devices() throws PrerequisiteException {
    try {
      return Device.list();
    } catch (VerbsException e) {
      throw new PrerequisiteException("measuring against perftest needs RDMA: " + e.getMessage());
    }
  }

  /** RoCE version 2 over IPv4 where there is one. */
  private static int gidIndex(Context context, int port) throws VerbsException {
    return context.gids(port).stream()
        .max(
            Comparator.comparing((GidEntry entry) -> entry.type() == GidType.ROCE_V2)
                .thenComparing(entry -> entry.gid().isIpv4Mapped())
                .thenComparingInt(entry -> -entry.index()))
        .map(GidEntry::index)
        .orElse(0);
  }
}
