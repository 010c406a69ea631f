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
    String wanted = System.getenv("VERBENA_DEVICE");
    PortWishes wishes = PortWishes.none();
    try {
      PortChoice choice =
          Device.choose(wanted == null || wanted.isBlank() ? wishes : wishes.withDevice(wanted));
      return new RdmaPort(choice.device().name(), choice.port().number(), choice.gid().index());
    } catch (VerbsException e) {
      throw new PrerequisiteException(
          "measuring against perftest needs RDMA: "
              + e.getMessage()
              + ". Without a device, start it with the launcher, which boots a guest that has one");
    }
  }
}
