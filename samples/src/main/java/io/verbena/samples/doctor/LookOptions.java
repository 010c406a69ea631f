package io.verbena.samples.doctor;

import io.verbena.TransportConfig;
import io.verbena.doctor.DoctorOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What to look at, and how to tell: options of both commands. */
final class LookOptions {
  @Option(names = "--json", description = "For programs; see docs/doctor.schema.json.")
  private boolean json;

  @Option(
      names = "--root",
      paramLabel = "DIR",
      defaultValue = "/",
      description = "Look at the sys, proc, dev and etc in there instead; ask no library.")
  private Path root = Path.of("/");

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "${env:VERBENA_DEVICE}",
      description = "The RDMA device that a transport must take; by default VERBENA_DEVICE.")
  private @Nullable String device;

  boolean json() {
    return json;
  }

  /** Whether it is this machine, and not a copy of one's files. */
  boolean isMachine() {
    return root.toAbsolutePath().normalize().equals(DoctorOptions.defaults().root());
  }

  /**
   * What that means for the doctor.
   *
   * @param command whom to blame for a folder that is none
   */
  DoctorOptions options(CommandLine command) {
    if (!Files.isDirectory(root)) {
      throw new ParameterException(command, "--root: there is no folder '" + root + "'");
    }
    DoctorOptions options = DoctorOptions.defaults().withRoot(root);
    return device == null || device.isBlank()
        ? options
        : options.withConfig(TransportConfig.defaults().withDevice(device.strip()));
  }
}
