package io.verbena.ffi;

import io.verbena.ffi.verbs.Verbs;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Verbs that the oldest library which {@link Native} accepts does not have: there they answer what
 * a device without the feature would.
 */
public final class NewerVerbs {
  private NewerVerbs() {}

  /**
   * Whether messages arrive in memory in order, see {@code ibv_query_qp_data_in_order(3)}; since
   * rdma-core 36.
   *
   * @param pair a {@code struct ibv_qp}
   * @param opcode an {@code IBV_WR_*} number
   * @param flags must be 0
   * @return 1 if they do; 0 if that is not certain
   */
  public static int queryQpDataInOrder(MemorySegment pair, int opcode, int flags) {
    MethodHandle present = Handles.QUERY_QP_DATA_IN_ORDER;
    if (present == null) {
      return 0;
    }
    try {
      return (int) present.invokeExact(pair, opcode, flags);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /** Needs libibverbs. */
  private static final class Handles {
    private static final SymbolLookup LIBRARY =
        SymbolLookup.libraryLookup(Native.LIBIBVERBS.libraryName(), Arena.global());

    // The generated class looks the symbol up too, and fails without: not touched before it is
    // found.
    static final @Nullable MethodHandle QUERY_QP_DATA_IN_ORDER =
        LIBRARY
            .find("ibv_query_qp_data_in_order")
            .map(
                address ->
                    Linker.nativeLinker()
                        .downcallHandle(address, Verbs.ibv_query_qp_data_in_order$descriptor()))
            .orElse(null);
  }
}
