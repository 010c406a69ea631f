package io.verbena.doctor;

import java.util.Optional;
import java.util.OptionalLong;

/** The limits of this process, by the kernel's table; see {@code man proc_pid_limits}. */
final class Limits {
  static final String FILE = "/proc/self/limits";

  private static final String STATUS = "/proc/self/status";

  /** In the machine's own user namespace each user is mapped to itself. */
  private static final String USERS = "/proc/self/uid_map";

  /** CAP_IPC_LOCK: who has it may lock as much as there is. */
  private static final int IPC_LOCK = 14;

  private Limits() {}

  /** The line of a limit, as the kernel writes it. */
  static Optional<String> line(HostFiles files, String name) {
    return files.text(FILE).lines().filter(line -> line.startsWith(name + ' ')).findFirst();
  }

  /** A soft limit; {@link Long#MAX_VALUE} if there is none; empty if nobody knows. */
  static OptionalLong soft(HostFiles files, String name) {
    Optional<String> line = line(files, name);
    if (line.isEmpty()) {
      return OptionalLong.empty();
    }
    String value = line.get().substring(name.length()).strip().split("\\s+", -1)[0];
    if (value.equals("unlimited")) {
      return OptionalLong.of(Long.MAX_VALUE);
    }
    return value.matches("\\d{1,18}")
        ? OptionalLong.of(Long.parseLong(value))
        : OptionalLong.empty();
  }

  /**
   * Whether the limit of locked memory does not count for this process: capabilities of a user
   * namespace are none to the kernel's rules for memory.
   */
  static boolean mayLockAll(HostFiles files) {
    HostFiles.Content map = files.read(USERS);
    if (map.isPresent() && !map.text().strip().matches("0\\s+0\\s+4294967295")) {
      return false;
    }
    for (String line : files.text(STATUS).lines().toList()) {
      if (line.startsWith("CapEff:")) {
        String value = line.substring(line.indexOf(':') + 1).strip();
        return value.matches("[0-9a-f]{1,16}")
            && (Long.parseUnsignedLong(value, 16) >>> IPC_LOCK & 1) != 0;
      }
    }
    return false;
  }
}
