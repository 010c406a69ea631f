package io.verbena.cause;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.SystemCalls;
import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.libc.rlimit;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** How much memory this process may lock: registered memory is. See {@code man getrlimit}. */
public final class LockedMemory {
  /** {@link #limit} of a process that may lock all memory. */
  public static final long UNLIMITED = -1;

  private static final long KILOBYTE = 1024;

  private LockedMemory() {}

  /**
   * The limit of this process, which does not bind those with CAP_IPC_LOCK.
   *
   * @return bytes, or {@link #UNLIMITED}; empty if the system does not say
   */
  public static OptionalLong limit() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = rlimit.allocate(arena);
      MemorySegment capture = ErrnoCalls.capture(arena);
      return SystemCalls.getrlimit(capture, LibC.RLIMIT_MEMLOCK(), limit) == 0
          ? OptionalLong.of(rlimit.rlim_cur(limit))
          : OptionalLong.empty();
    }
  }

  /**
   * What this process has pinned of that, for adapters of all kinds. Not what it has locked by
   * {@code mlock(2)}, which Linux counts for itself.
   *
   * @return bytes; empty if the system does not say
   */
  public static OptionalLong pinned() {
    try {
      return pinned(Files.readString(Path.of("/proc/self/status")));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  static OptionalLong pinned(String status) {
    return status
        .lines()
        .filter(line -> line.startsWith("VmPin:") && line.endsWith(" kB"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KILOBYTE)
        .findFirst();
  }

  /**
   * What most likely helps when memory cannot be locked: names the limit of this process, and what
   * it has pinned already.
   *
   * @return a clause
   */
  public static String cure() {
    OptionalLong limit = limit();
    return limit.isPresent() ? cure(limit.getAsLong(), pinned()) : Cause.LOCKED_MEMORY.cure();
  }

  static String cure(long limit, OptionalLong pinned) {
    String already = pinned.isPresent() ? " and has pinned " + pinned.getAsLong() + " bytes" : "";
    return limit == UNLIMITED
        ? "this process may lock all memory (RLIMIT_MEMLOCK is unlimited)"
            + already
            + ": the machine has not enough"
        : "this process may lock "
            + Long.toUnsignedString(limit)
            + " bytes (RLIMIT_MEMLOCK)"
            + already
            + ": raise that limit with "
            + Cause.LOCKED_MEMORY.cure();
  }
}
