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

  /** Azure's HPC images say here what is in them. */
  private static final String HPC_IMAGE = "/opt/azurehpc/component_versions.txt";

  /** Where Azure's extension says what it did. */
  private static final String EXTENSION = "/var/log/azure/ib-vmext-status";

  private static final Pattern OFED =
      Pattern.compile("((?:MLNX_OFED_LINUX|MLNX_EN|OFED-internal|DOCA-OFED)-[\\w.\\-]*\\w)");

  /** How a library for 32 bits begins; see {@code man 5 elf}. */
  private static final String ELF_32 = "\177ELF\1";

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
      if (files.exists(library)
          // 32-bit programs have theirs, which nobody else loads.
          && !files.text(library).startsWith(ELF_32)
          && copies.add(files.real(library))) {
        notes.saw(library, files.real(library));
      }
    }
    if (copies.size() > 1) {
      return notes.warn(
          "There are %d copies of libibverbs, which clash: %s."
              .formatted(copies.size(), String.join(", ", copies)),
          "Keep one of them: remove either the distribution's packages or the OFED's.");
    }
    String origin = host.platform().azure() ? origin(files, notes) : "";
    if (script.isPresent()) {
      return notes.ok(
          "The drivers are those of %s.%s%s"
              .formatted(
                  ofed.isEmpty() ? "an OFED, as ofed_info -s says which" : ofed,
                  ofed.startsWith("MLNX_OFED")
                      ? " MLNX_OFED ended with 24.10; its successor is DOCA-OFED."
                      : "",
                  origin));
    }
    return host.hasHardwareOrDevice()
        ? notes.ok(
            "No OFED is installed: the kernel's own drivers (inbox) are all that Verbena needs."
                + origin)
        : notes.notApplicable("There is no device that could want drivers.");
  }

  /** By which of Azure's ways they came, as far as that leaves traces; a sentence, or empty. */
  private static String origin(HostFiles files, Notes notes) {
    boolean isImage = files.exists(HPC_IMAGE);
    boolean hasExtension = files.exists(EXTENSION);
    notes.saw(HPC_IMAGE, isImage ? "(present)" : "(absent: no HPC image)");
    notes.saw(EXTENSION, hasExtension ? "(present)" : "(absent: no driver extension)");
    if (isImage) {
      return " This is one of Azure's HPC images, which come with drivers.";
    }
    return hasExtension
        ? " The extension InfiniBandDriverLinux has run; %s says what it did.".formatted(EXTENSION)
        : "";
  }
}
