package io.verbena.doctor;

import java.util.Optional;

/** The operating system, and whether it runs in Azure. */
final class PlatformCheck implements Check {
  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("platform", "Platform");
    Answers answers = host.answers();
    if (answers != null) {
      notes.saw("os.name", answers.system()).saw("os.arch", answers.architecture());
      if (!answers.system().equals("Linux")) {
        return foreign(notes, answers.system());
      }
    }
    notes.saw(
        "/proc/sys/kernel/osrelease", host.files().read("/proc/sys/kernel/osrelease").shown());
    Platform platform = host.platform();
    notes.saw(
        Platform.RELEASE,
        platform.distribution().isEmpty() ? "(unknown)" : platform.distribution());
    notes.read(host.files(), Platform.VENDOR);
    notes.read(host.files(), Platform.PRODUCT);
    notes.read(host.files(), Platform.ASSET_TAG);
    Optional<InstanceMetadata> metadata = host.options().metadata();
    metadata.ifPresent(
        each ->
            notes.saw(
                each.source(),
                each.problem().isEmpty() ? each.machineSize() : "(N/A: " + each.problem() + ')'));
    if (answers != null
        && !answers.architecture().equals("amd64")
        && !answers.architecture().equals("x86_64")) {
      return notes.fail(
          "Verbena's RDMA is for 64-bit x86, and this JVM is for " + answers.architecture() + ".",
          "Use a machine with x86-64 processors; TCP works on this one.");
    }
    return notes.ok(words(platform, metadata));
  }

  private static Finding foreign(Notes notes, String system) {
    boolean windows = system.startsWith("Windows");
    return notes.fail(
        windows
            ? "This is Windows: Verbena does not support NetworkDirect, so there is TCP only."
            : "This is %s: RDMA needs Linux, so there is TCP only."
                .formatted(system.replace("Mac OS X", "macOS")),
        windows
            ? "Use Linux. For other programs, drivers come with the InfiniBandDriverWindows"
                + " extension or WinOF-2."
            : "Use a Linux machine with an RDMA adapter; ./verbena testbed needs one, too.");
  }

  private static String words(Platform platform, Optional<InstanceMetadata> metadata) {
    String distribution = platform.distribution().isEmpty() ? "Linux" : platform.distribution();
    String where = "";
    if (platform.azure()) {
      String size = metadata.map(InstanceMetadata::machineSize).orElse("");
      where = ", a virtual machine in Azure" + (size.isEmpty() ? "" : " of the size " + size);
    } else if (platform.hyperV()) {
      where = ", a virtual machine of Hyper-V";
    }
    return "This is %s%s%s."
        .formatted(distribution, where, platform.container() ? ", in a container" : "");
  }
}
