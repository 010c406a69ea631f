package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.MemoryCalls;
import io.verbena.ffi.verbs.Verbs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls {@code ibv_rereg_mr} and tells what its result means for the region. */
final class Reregistration {
  private Reregistration() {}

  /**
   * Changes what is not null. If it throws, the region is as before, or closed.
   *
   * @param region with the lock
   */
  static void change(
      MemoryRegion region,
      @Nullable ProtectionDomain domain,
      @Nullable MemorySegment memory,
      @Nullable Integer access)
      throws VerbsException {
    int flags =
        (memory == null ? 0 : Verbs.IBV_REREG_MR_CHANGE_TRANSLATION())
            | (domain == null ? 0 : Verbs.IBV_REREG_MR_CHANGE_PD())
            | (access == null ? 0 : Verbs.IBV_REREG_MR_CHANGE_ACCESS());
    if (flags == 0) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      int result =
          MemoryCalls.reregMr(
              capture,
              region.handle,
              flags,
              domain == null ? MemorySegment.NULL : domain.handle,
              memory == null ? MemorySegment.NULL : memory,
              memory == null ? 0 : memory.byteSize(),
              access == null ? 0 : access);
      // The last means: done, but children do not get the old memory back. Nobody here misses it.
      if (result != 0 && result != Verbs.IBV_REREG_MR_ERR_DO_FORK_OLD()) {
        throw failure(region, flags, result, ErrnoCalls.errno(capture));
      }
    }
  }

  private static VerbsException failure(MemoryRegion region, int flags, int result, int errno) {
    boolean absent = errno == Cures.EOPNOTSUPP || errno == Cures.ENOSYS;
    String arguments = region.description() + ", flags=" + flags;
    if (absent) {
      return VerbsException.of(
          "ibv_rereg_mr",
          arguments,
          errno,
          "the device cannot change a region, which is as before: register anew and close it");
    }
    if (result == Verbs.IBV_REREG_MR_ERR_INPUT()
        || result == Verbs.IBV_REREG_MR_ERR_DONT_FORK_NEW()) {
      return VerbsException.of("ibv_rereg_mr", arguments, errno, "the region is as before");
    }
    VerbsException spoilt =
        VerbsException.of(
            "ibv_rereg_mr",
            arguments,
            errno,
            "the region cannot be used any more and was closed: register anew");
    List<VerbsException> failures = new ArrayList<>();
    region.release(failures);
    failures.forEach(spoilt::addSuppressed);
    return spoilt;
  }
}
