package io.verbena.doctor;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whose drivers and libraries they are: the distribution's, or those of an OFED. */
final class DriverStackCheck implements Check {
  /** A script that says which OFED is installed; what it would print is in its text. */
  private static final String OFED_INFO = "/usr/bin/ofed_info";

  private static final Pattern OFED =
      Pattern.compile("((?:MLNX_OFED_LINUX|MLNX_EN|OFED-internal|DOCA-OFED)-[\\w.\\-]*\\w)");

  /** Where distributions and OFEDs put libraries. */
  static final List<String> LIBRARY_FOLDERS =
      List.of(
          "/usr/lib/x86_64-linux-gnu",
          "/usr/lib64",
          "/usr/lib",
          "/usr/local/lib",
          "/usr/local/lib64",
          "/opt/mellanox/lib",
          "/opt/mellanox/lib64");

  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("driver-stack", "Driver stack");
    HostFiles files = host.files();
    HostFiles.Content script = files.read(OFED_INFO);
    Matcher named = OFED.matcher(script.text());
    String ofed = named.find() ? named.group(1) : "";
    notes.saw(
        OFED_INFO,
        script.isPresent() ? (ofed.isEmpty() ? "(says nothing known)" : ofed) : script.shown());
    for (String module : List.of("mlx5_core", "mlx4_core")) {
      HostFiles.Content version = files.read("/sys/module/" + module + "/version");
      if (version.isPresent()) {
        notes.saw("/sys/module/" + module + "/version", version.shown());
      }
    }
    Set<String> copies = new LinkedHashSet<>();
    for (String folder : LIBRARY_FOLDERS) {
      String library = folder + "/libibverbs.so.1";
      if (files.exists(library) && copies.add(files.real(library))) {
        notes.saw(library, files.real(library));
      }
    }
    if (copies.size() > 1) {
      return notes.warn(
          "There are %d copies of libibverbs, which clash: %s."
              .formatted(copies.size(), String.join(", ", copies)),
          "Keep one of them: remove either the distribution's packages or the OFED's.");
    }
    if (script.isPresent()) {
      return notes.ok(
          "The drivers are those of %s.%s"
              .formatted(
                  ofed.isEmpty() ? "an OFED, as ofed_info -s says which" : ofed,
                  ofed.startsWith("MLNX_OFED")
                      ? " MLNX_OFED ended with 24.10; its successor is DOCA-OFED."
                      : ""));
    }
    return host.hasHardwareOrDevice()
        ? notes.ok("The drivers are the kernel's own (inbox), and these work.")
        : notes.notApplicable("There is no device that could want drivers.");
  }
}
