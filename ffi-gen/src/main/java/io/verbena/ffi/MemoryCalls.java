package io.verbena.ffi;

import io.verbena.ffi.verbs.Verbs;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Verbs about memory that report failure through {@code errno}, with {@link ErrnoCalls}' rules. */
public final class MemoryCalls {
  private MemoryCalls() {}

  /**
   * Changes a registration, see {@code ibv_rereg_mr(3)}.
   *
   * @param capture receives {@code errno}
   * @param region a {@code struct ibv_mr}
   * @param flags {@code IBV_REREG_MR_CHANGE_*}
   * @param pd a {@code struct ibv_pd}, or NULL
   * @param address the first byte, or NULL
   * @param length in bytes
   * @param access {@code IBV_ACCESS_*} flags
   * @return 0; {@code IBV_REREG_MR_ERR_*} on failure
   */
  public static int reregMr(
      MemorySegment capture,
      MemorySegment region,
      int flags,
      MemorySegment pd,
      MemorySegment address,
      long length,
      int access) {
    try {
      return (int)
          Handles.REREG_MR.invokeExact(capture, region, flags, pd, address, length, access);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /** Needs libibverbs. */
  private static final class Handles {
    static final MethodHandle REREG_MR =
        Linker.nativeLinker()
            .downcallHandle(
                Verbs.ibv_rereg_mr$address(),
                Verbs.ibv_rereg_mr$descriptor(),
                Linker.Option.captureCallState("errno"));
  }
}
