package io.verbena.samples;

import io.verbena.verbs.Device;
import io.verbena.verbs.VerbsException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The device that a sample runs on. */
public final class Devices {
  private Devices() {}

  /**
   * Finds the device that the user named, or {@code VERBENA_DEVICE}, or the only one.
   *
   * @param command whom to blame for a choice that is not clear
   * @param wanted the device's name, if the user gave one
   * @return a device that there is
   * @throws Complaints.NoRdma if there is none
   * @throws ParameterException if there are several and none was named
   */
  public static Device find(CommandLine command, @Nullable String wanted) throws Complaints.NoRdma {
    String name = wanted != null ? wanted : System.getenv("VERBENA_DEVICE");
    try {
      if (name != null && !name.isBlank()) {
        return Device.named(name);
      }
      List<Device> devices = Device.list();
      if (devices.isEmpty()) {
        throw new Complaints.NoRdma("this machine has no RDMA device");
      }
      if (devices.size() > 1) {
        throw new ParameterException(
            command,
            devices.stream()
                .map(Device::name)
                .collect(Collectors.joining(", ", "choose a device with VERBENA_DEVICE: ", "")));
      }
      return devices.getFirst();
    } catch (VerbsException e) {
      throw new Complaints.NoRdma(String.valueOf(e.getMessage()));
    }
  }
}
