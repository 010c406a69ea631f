package io.verbena.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What limits the use of RDMA without being in its way, as it is found. */
final class LimitsCheck implements Check {
  private static final String MEMORY = "/proc/meminfo";
  private static final String TRANSPARENT = "/sys/kernel/mm/transparent_hugepage/enabled";
  private static final String SELINUX = "/sys/fs/selinux/enforce";
  private static final String KERNEL = "/proc/sys/kernel/osrelease";
  private static final String FILES = "Max open files";
  private static final int FEW_FILES = 1024;

  private static final Pattern CHOSEN = Pattern.compile("\\[(\\w+)]");
  private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");

  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("limits", "Limits of use");
    HostFiles files = host.files();
    List<String> found = new ArrayList<>();
    found.add("huge pages: " + hugePages(files, notes));
    OptionalLong open = Limits.soft(files, FILES);
    notes.saw(Limits.FILE, Limits.line(files, FILES).orElse("(no line of " + FILES + ')'));
    found.add(
        "open files: "
            + (open.isEmpty()
                ? "unknown"
                : open.getAsLong() == Long.MAX_VALUE ? "unlimited" : open.getAsLong()));
    HostFiles.Content selinux = files.read(SELINUX);
    notes.saw(SELINUX, selinux.shown());
    found.add(
        "SELinux: "
            + switch (selinux.text().strip()) {
              case "1" -> "enforcing";
              case "0" -> "permissive";
              default -> "off";
            });
    found.add("child processes: " + forks(notes.read(files, KERNEL)));
    String words = "Found " + String.join("; ", found) + '.';
    return open.isPresent() && open.getAsLong() < FEW_FILES
        ? notes.warn(
            words + " Each connection takes files: there are few for many connections.",
            "ulimit -n 65536")
        : notes.ok(words);
  }

  private static String hugePages(HostFiles files, Notes notes) {
    HostFiles.Content memory = files.read(MEMORY);
    int total = 0;
    for (String line : memory.text().lines().toList()) {
      if (line.startsWith("HugePages_Total:")) {
        total = Numbers.parse(line.substring(line.indexOf(':') + 1), 0);
        notes.saw(MEMORY, line);
      }
    }
    String transparent = notes.read(files, TRANSPARENT);
    Matcher mode = CHOSEN.matcher(transparent);
    return (total == 0 ? "none reserved" : total + " reserved")
        + (mode.find() ? ", transparent ones: " + mode.group(1) : "");
  }

  /** Since Linux 5.12 the pages of an adapter are copied for a child, not for its parent. */
  private static String forks(String release) {
    Matcher version = RELEASE.matcher(release);
    if (!version.matches()) {
      return "unknown";
    }
    int major = Integer.parseInt(version.group(1));
    int minor = Integer.parseInt(version.group(2));
    return major > 5 || (major == 5 && minor >= 12)
        ? "the kernel copies registered pages for them"
        : "kept from registered pages by libibverbs";
  }
}
