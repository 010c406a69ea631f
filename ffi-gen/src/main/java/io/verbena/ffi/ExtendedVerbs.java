package io.verbena.ffi;

import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.verbs.ibv_context;
import io.verbena.ffi.verbs.ibv_context_ops;
import io.verbena.ffi.verbs.verbs_context;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The verbs that are {@code static inline} like those of {@link InlineVerbs}, but off the hot path,
 * and that report their failure through {@code errno}: what a device may or may not have. A device
 * that lacks one fails with {@code EOPNOTSUPP}, as in C.
 *
 * <p>A capture is one of {@link ErrnoCalls#capture}. All methods may be called by any thread.
 */
public final class ExtendedVerbs {
  private ExtendedVerbs() {}

  /**
   * Allocates a memory window, see {@code ibv_alloc_mw(3)}.
   *
   * @param capture receives {@code errno}
   * @param context the {@code struct ibv_context} of the domain
   * @param pd a {@code struct ibv_pd}
   * @param type {@code IBV_MW_TYPE_1} or {@code IBV_MW_TYPE_2}
   * @return a {@code struct ibv_mw}; NULL on failure
   */
  public static MemorySegment allocMw(
      MemorySegment capture, MemorySegment context, MemorySegment pd, int type) {
    MemorySegment function = ibv_context_ops.alloc_mw(ibv_context.ops(context));
    if (function.address() == 0) {
      return unsupported(capture);
    }
    try {
      return (MemorySegment) Handles.ALLOC_MW.invokeExact(function, capture, pd, type);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Frees a memory window, see {@code ibv_dealloc_mw(3)}.
   *
   * @param context the {@code struct ibv_context} of the window
   * @param window a {@code struct ibv_mw}
   * @return 0; an error number on failure
   */
  public static int deallocMw(MemorySegment context, MemorySegment window) {
    return ibv_context_ops.dealloc_mw.invoke(
        ibv_context_ops.dealloc_mw(ibv_context.ops(context)), window);
  }

  /**
   * Binds a memory window of type 1, see {@code ibv_bind_mw(3)}; without the checks of the C
   * function, which the caller has made.
   *
   * @param context the {@code struct ibv_context} of the window
   * @param pair a {@code struct ibv_qp}
   * @param window a {@code struct ibv_mw}
   * @param bind a {@code struct ibv_mw_bind}
   * @return 0; an error number on failure
   */
  public static int bindMw(
      MemorySegment context, MemorySegment pair, MemorySegment window, MemorySegment bind) {
    MemorySegment function = ibv_context_ops.bind_mw(ibv_context.ops(context));
    return function.address() == 0
        ? LibC.EOPNOTSUPP()
        : ibv_context_ops.bind_mw.invoke(function, pair, window, bind);
  }

  /**
   * Creates a queue pair with what {@code ibv_create_qp} does not know, see {@code
   * ibv_create_qp_ex(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @param initAttr a {@code struct ibv_qp_init_attr_ex}; the library writes what it granted
   * @return a {@code struct ibv_qp}; NULL on failure
   */
  public static MemorySegment createQpEx(
      MemorySegment capture, MemorySegment context, MemorySegment initAttr) {
    return create(verbs_context.create_qp_ex$offset(), capture, context, initAttr);
  }

  /**
   * Opens an XRC domain, see {@code ibv_open_xrcd(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @param initAttr a {@code struct ibv_xrcd_init_attr}
   * @return a {@code struct ibv_xrcd}; NULL on failure
   */
  public static MemorySegment openXrcd(
      MemorySegment capture, MemorySegment context, MemorySegment initAttr) {
    return create(verbs_context.open_xrcd$offset(), capture, context, initAttr);
  }

  /**
   * Closes an XRC domain, see {@code ibv_open_xrcd(3)}.
   *
   * @param context the {@code struct ibv_context} that it was opened on
   * @param domain a {@code struct ibv_xrcd}
   * @return 0; an error number on failure
   */
  public static int closeXrcd(MemorySegment context, MemorySegment domain) {
    long function = InlineVerbs.extended(context, verbs_context.close_xrcd$offset());
    return function == 0
        ? LibC.EOPNOTSUPP()
        : verbs_context.close_xrcd.invoke(MemorySegment.ofAddress(function), domain);
  }

  /**
   * Creates a shared receive queue with what {@code ibv_create_srq} does not know, see {@code
   * ibv_create_srq_ex(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @param initAttr a {@code struct ibv_srq_init_attr_ex}; the library writes what it granted
   * @return a {@code struct ibv_srq}; NULL on failure
   */
  public static MemorySegment createSrqEx(
      MemorySegment capture, MemorySegment context, MemorySegment initAttr) {
    return create(verbs_context.create_srq_ex$offset(), capture, context, initAttr);
  }

  /**
   * Reads the number by which peers name an XRC shared receive queue, see {@code
   * ibv_get_srq_num(3)}.
   *
   * @param context the {@code struct ibv_context} of the queue
   * @param queue a {@code struct ibv_srq}
   * @param numberOut where the number goes, 4 bytes
   * @return 0; an error number on failure
   */
  public static int getSrqNum(MemorySegment context, MemorySegment queue, MemorySegment numberOut) {
    long function = InlineVerbs.extended(context, verbs_context.get_srq_num$offset());
    return function == 0
        ? LibC.EOPNOTSUPP()
        : verbs_context.get_srq_num.invoke(MemorySegment.ofAddress(function), queue, numberOut);
  }

  /** What creates: all of these take a context and attributes, and return what they made. */
  private static MemorySegment create(
      long operation, MemorySegment capture, MemorySegment context, MemorySegment initAttr) {
    long function = InlineVerbs.extended(context, operation);
    if (function == 0) {
      return unsupported(capture);
    }
    try {
      return (MemorySegment)
          Handles.CREATE.invokeExact(MemorySegment.ofAddress(function), capture, context, initAttr);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  private static MemorySegment unsupported(MemorySegment capture) {
    ErrnoCalls.setErrno(capture, LibC.EOPNOTSUPP());
    return MemorySegment.NULL;
  }

  /** Apart, so that a JVM that denies native access can load the class above. */
  private static final class Handles {
    static final MethodHandle ALLOC_MW = capturing(ibv_context_ops.alloc_mw.descriptor());
    static final MethodHandle CREATE = capturing(verbs_context.create_qp_ex.descriptor());

    private static MethodHandle capturing(FunctionDescriptor descriptor) {
      return Linker.nativeLinker()
          .downcallHandle(descriptor, Linker.Option.captureCallState("errno"));
    }
  }
}
