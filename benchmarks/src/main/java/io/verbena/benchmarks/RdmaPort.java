package io.verbena.benchmarks;

import io.verbena.verbs.Device;
import io.verbena.verbs.PortChoice;
import io.verbena.verbs.PortWishes;
import io.verbena.verbs.VerbsException;

/**
 * The port that both sides use.
 *
 * @param device its name
 * @param number counted from 1
 * @param gidIndex the place in the port's GID table
 */
record RdmaPort(String device, int number, int gidIndex) {
  /** The best active port, of the device that {@code VERBENA_DEVICE} names if it names one. */
  static RdmaPort find() throws PrerequisiteException {
    PortChoice choice = choose();
    return new RdmaPort(choice.device().name(), choice.port().number(), choice.gid().index());
  }

  /** The address of its network interface, by which rdma_cm finds it. */
  static String ipAddress() throws PrerequisiteException {
    return choose().gid().gid().inetAddress().getHostAddress();
  }

  private static PortChoice choose() throws PrerequisiteException {
    String wanted = System.getenv("VERBENA_DEVICE");
    PortWishes wishes = PortWishes.none();
    try {
      return Device.choose(wanted == null || wanted.isBlank() ? wishes : wishes.withDevice(wanted));
    } catch (VerbsException e) {
      throw new PrerequisiteException(
          "this measurement needs RDMA: "
              + e.getMessage()
              + ". Without a device, start it with the launcher, which boots a guest that has one");
    }
  }
}
