package io.verbena.ffi;

import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_device_attr_ex;
import io.verbena.ffi.verbs.verbs_context;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Verbs about devices, completion queues and memory that are in the extended table: they are {@code
 * static inline} in {@code infiniband/verbs.h} and not on the hot path; {@link InlineVerbs} says
 * how they are found, {@link ExtendedVerbs} has those about queue pairs. Where the library or the
 * provider does not have one, the result is what the inline function gives: {@link #EOPNOTSUPP}, or
 * an older verb's answer. Calling is allowed only if {@link Native#LIBIBVERBS} is available.
 */
public final class ContextVerbs {
  /** Linux: the verb is not there. */
  public static final int EOPNOTSUPP = 95;

  private static final int ENOSYS = 38;

  private ContextVerbs() {}

  /**
   * Reads a device's limits and capabilities, see {@code ibv_query_device_ex(3)}. Without the
   * extended verb, what {@code ibv_query_device(3)} does not know is zero.
   *
   * @param context a {@code struct ibv_context}
   * @param attributesOut where the {@code struct ibv_device_attr_ex} goes
   * @return 0; an error number on failure
   */
  public static int queryDeviceEx(MemorySegment context, MemorySegment attributesOut) {
    attributesOut.asSlice(0, ibv_device_attr_ex.sizeof()).fill((byte) 0);
    long function = InlineVerbs.extended(context, verbs_context.query_device_ex$offset());
    int result =
        function == 0
            ? EOPNOTSUPP
            : verbs_context.query_device_ex.invoke(
                MemorySegment.ofAddress(function),
                context,
                MemorySegment.NULL,
                attributesOut,
                ibv_device_attr_ex.sizeof());
    if (result == EOPNOTSUPP || result == ENOSYS) {
      attributesOut.asSlice(0, ibv_device_attr_ex.sizeof()).fill((byte) 0);
      return Verbs.ibv_query_device(context, ibv_device_attr_ex.orig_attr(attributesOut));
    }
    return result;
  }

  /**
   * Reads values that change all the time, see {@code ibv_query_rt_values_ex(3)}.
   *
   * @param context a {@code struct ibv_context}
   * @param values a {@code struct ibv_values_ex} whose mask says what to read
   * @return 0; an error number on failure
   */
  public static int queryRtValuesEx(MemorySegment context, MemorySegment values) {
    long function = InlineVerbs.extended(context, verbs_context.query_rt_values$offset());
    return function == 0
        ? EOPNOTSUPP
        : verbs_context.query_rt_values.invoke(MemorySegment.ofAddress(function), context, values);
  }

  /**
   * Says what memory will be used for, see {@code ibv_advise_mr(3)}.
   *
   * @param context the domain's {@code struct ibv_context}
   * @param domain a {@code struct ibv_pd}
   * @param advice {@code IBV_ADVISE_MR_ADVICE_*}
   * @param flags {@code IBV_ADVISE_MR_FLAG_*}
   * @param elements an array of {@code struct ibv_sge}
   * @param count the number of elements
   * @return 0; an error number on failure
   */
  public static int adviseMr(
      MemorySegment context,
      MemorySegment domain,
      int advice,
      int flags,
      MemorySegment elements,
      int count) {
    long function = InlineVerbs.extended(context, verbs_context.advise_mr$offset());
    return function == 0
        ? EOPNOTSUPP
        : verbs_context.advise_mr.invoke(
            MemorySegment.ofAddress(function), domain, advice, flags, elements, count);
  }

  /**
   * Changes how often a completion queue gives events, see {@code ibv_modify_cq(3)}.
   *
   * @param context the queue's {@code struct ibv_context}
   * @param queue a {@code struct ibv_cq}
   * @param attributes a {@code struct ibv_modify_cq_attr}
   * @return 0; an error number on failure
   */
  public static int modifyCq(MemorySegment context, MemorySegment queue, MemorySegment attributes) {
    long function = InlineVerbs.extended(context, verbs_context.modify_cq$offset());
    return function == 0
        ? EOPNOTSUPP
        : verbs_context.modify_cq.invoke(MemorySegment.ofAddress(function), queue, attributes);
  }

  /**
   * Creates an extended completion queue, see {@code ibv_create_cq_ex(3)}.
   *
   * @param capture receives {@code errno}, see {@link ErrnoCalls}
   * @param context a {@code struct ibv_context}
   * @param attributes a {@code struct ibv_cq_init_attr_ex}
   * @return a {@code struct ibv_cq_ex}; NULL on failure
   */
  public static MemorySegment createCqEx(
      MemorySegment capture, MemorySegment context, MemorySegment attributes) {
    long function = InlineVerbs.extended(context, verbs_context.create_cq_ex$offset());
    if (function == 0) {
      ErrnoCalls.setErrno(capture, EOPNOTSUPP);
      return MemorySegment.NULL;
    }
    try {
      return (MemorySegment)
          Handles.CREATE_CQ_EX.invokeExact(
              MemorySegment.ofAddress(function), capture, context, attributes);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /** Apart, so that a JVM that denies native access can load the class above. */
  private static final class Handles {
    static final MethodHandle CREATE_CQ_EX =
        Linker.nativeLinker()
            .downcallHandle(
                verbs_context.create_cq_ex.descriptor(), Linker.Option.captureCallState("errno"));
  }
}
