package io.verbena.ffi;

import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_context;
import io.verbena.ffi.verbs.ibv_context_ops;
import io.verbena.ffi.verbs.ibv_port_attr;
import io.verbena.ffi.verbs.verbs_context;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The verbs that are {@code static inline} in {@code infiniband/verbs.h}: there is no symbol to
 * bind, the C compiler expands them to calls through the function tables of the device's context.
 * These are the calls of the hot path, so they take addresses as {@code long}: no object is made
 * and nothing is checked. The caller guarantees that what it passes is alive.
 *
 * <p>The function pointer is an argument: one constant method handle serves every device. Ask for
 * it once for each object ({@link #pollCq(MemorySegment)} and its like) and keep it: a context's
 * table does not change.
 *
 * <p>A <em>critical</em> call leaves out the transition of the thread to native code and back. It
 * is some nanoseconds faster, but the whole JVM waits for it when it wants to stop (to collect
 * garbage, for instance): only for functions that do not make system calls.
 *
 * <p>All methods may be called by any thread; what they do to the native objects is for the C
 * library's documentation to say.
 */
public final class InlineVerbs {
  /** {@code __VERBS_ABI_IS_EXTENDED}, which is {@code UINTPTR_MAX}. */
  private static final long EXTENDED_ABI = -1L;

  private InlineVerbs() {}

  /**
   * Takes completions from a queue, see {@code ibv_poll_cq(3)}; critical.
   *
   * @param function the pointer that {@link #pollCq(MemorySegment)} returned
   * @param queue the address of a {@code struct ibv_cq}
   * @param limit the greatest number of completions to take
   * @param completionsOut the address of room for that many {@code struct ibv_wc}
   * @return the number taken; negative on failure
   */
  public static int pollCq(MemorySegment function, long queue, int limit, long completionsOut) {
    try {
      return (int) Handles.POLL.invokeExact(function, queue, limit, completionsOut);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /**
   * Asks for an event at the next completion, see {@code ibv_req_notify_cq(3)}.
   *
   * @param function the pointer that {@link #reqNotifyCq(MemorySegment)} returned
   * @param queue the address of a {@code struct ibv_cq}
   * @param solicitedOnly 1 for solicited and failed completions only, else 0
   * @return 0; an error number on failure
   */
  public static int reqNotifyCq(MemorySegment function, long queue, int solicitedOnly) {
    try {
      return (int) Handles.NOTIFY.invokeExact(function, queue, solicitedOnly);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /**
   * Posts a chain of requests, see {@code ibv_post_send(3)}.
   *
   * @param function the pointer that {@link #postSend(MemorySegment)} returned
   * @param pair the address of a {@code struct ibv_qp}
   * @param request the address of the chain's first {@code struct ibv_send_wr}
   * @param refusedOut the address where that of the first refused request goes
   * @return 0; an error number on failure
   */
  public static int postSend(MemorySegment function, long pair, long request, long refusedOut) {
    return post(function, pair, request, refusedOut);
  }

  /**
   * Posts a chain of requests as a critical call: for providers that only write to the device's
   * registers, see {@code ibv_post_send(3)}.
   *
   * @param function the pointer that {@link #postSend(MemorySegment)} returned
   * @param pair the address of a {@code struct ibv_qp}
   * @param request the address of the chain's first {@code struct ibv_send_wr}
   * @param refusedOut the address where that of the first refused request goes
   * @return 0; an error number on failure
   */
  public static int postSendCritical(
      MemorySegment function, long pair, long request, long refusedOut) {
    return postCritical(function, pair, request, refusedOut);
  }

  /**
   * Posts a chain of receives, see {@code ibv_post_recv(3)}.
   *
   * @param function the pointer that {@link #postRecv(MemorySegment)} or {@link
   *     #postSrqRecv(MemorySegment)} returned
   * @param pair the address of a {@code struct ibv_qp}, or of a {@code struct ibv_srq}
   * @param request the address of the chain's first {@code struct ibv_recv_wr}
   * @param refusedOut the address where that of the first refused request goes
   * @return 0; an error number on failure
   */
  public static int postRecv(MemorySegment function, long pair, long request, long refusedOut) {
    return post(function, pair, request, refusedOut);
  }

  /**
   * Posts a chain of receives as a critical call: for providers that only write to memory, see
   * {@code ibv_post_recv(3)}.
   *
   * @param function the pointer that {@link #postRecv(MemorySegment)} returned
   * @param pair the address of a {@code struct ibv_qp}
   * @param request the address of the chain's first {@code struct ibv_recv_wr}
   * @param refusedOut the address where that of the first refused request goes
   * @return 0; an error number on failure
   */
  public static int postRecvCritical(
      MemorySegment function, long pair, long request, long refusedOut) {
    return postCritical(function, pair, request, refusedOut);
  }

  /**
   * Reads a port's attributes, see {@code ibv_query_port(3)}: through the extended table where the
   * context has one; the exported function of old fills a shorter structure, the rest is zero then.
   *
   * @param context a {@code struct ibv_context}
   * @param port the port, counted from 1
   * @param attributesOut where the {@code struct ibv_port_attr} goes
   * @return 0; an error number on failure
   */
  public static int queryPort(MemorySegment context, byte port, MemorySegment attributesOut) {
    attributesOut.asSlice(0, ibv_port_attr.sizeof()).fill((byte) 0);
    long function = extended(context, verbs_context.query_port$offset());
    return function == 0
        ? Verbs.ibv_query_port(context, port, attributesOut)
        : verbs_context.query_port.invoke(
            MemorySegment.ofAddress(function),
            context,
            port,
            attributesOut,
            ibv_port_attr.sizeof());
  }

  /**
   * What {@code ibv_poll_cq} calls for a context's queues.
   *
   * @param context a {@code struct ibv_context}
   * @return the provider's function
   */
  public static MemorySegment pollCq(MemorySegment context) {
    return ibv_context_ops.poll_cq(ibv_context.ops(context));
  }

  /**
   * What {@code ibv_req_notify_cq} calls for a context's queues.
   *
   * @param context a {@code struct ibv_context}
   * @return the provider's function
   */
  public static MemorySegment reqNotifyCq(MemorySegment context) {
    return ibv_context_ops.req_notify_cq(ibv_context.ops(context));
  }

  /**
   * What {@code ibv_post_send} calls for a context's queue pairs.
   *
   * @param context a {@code struct ibv_context}
   * @return the provider's function
   */
  public static MemorySegment postSend(MemorySegment context) {
    return ibv_context_ops.post_send(ibv_context.ops(context));
  }

  /**
   * What {@code ibv_post_recv} calls for a context's queue pairs.
   *
   * @param context a {@code struct ibv_context}
   * @return the provider's function
   */
  public static MemorySegment postRecv(MemorySegment context) {
    return ibv_context_ops.post_recv(ibv_context.ops(context));
  }

  /**
   * What {@code ibv_post_srq_recv} calls for a context's shared receive queues; post with {@link
   * #postRecv(MemorySegment, long, long, long)}.
   *
   * @param context a {@code struct ibv_context}
   * @return the provider's function
   */
  public static MemorySegment postSrqRecv(MemorySegment context) {
    return ibv_context_ops.post_srq_recv(ibv_context.ops(context));
  }

  /**
   * A function of the extended table, which is what {@code verbs_get_ctx_op} does in C: the {@code
   * struct verbs_context} surrounds the context that the application sees, and has grown towards
   * lower addresses; its {@code sz} says from where on the provider has filled it in.
   *
   * @param context a {@code struct ibv_context}
   * @param operation the offset of the function in {@link verbs_context}
   * @return the address of the function; 0 when the library or the provider does not have it
   */
  public static long extended(MemorySegment context, long operation) {
    if (ibv_context.abi_compat(context).address() != EXTENDED_ABI) {
      return 0;
    }
    long start = context.address() - verbs_context.context$offset();
    MemorySegment surrounding = MemorySegment.ofAddress(start).reinterpret(verbs_context.sizeof());
    return verbs_context.sz(surrounding) < verbs_context.sizeof() - operation
        ? 0
        : surrounding.get(ValueLayout.JAVA_LONG, operation);
  }

  /**
   * Writes 8 bytes of a native structure. With a segment as the receiver, checking its bounds, its
   * alignment and its lifetime for every field of a request costs more than the whole post in C.
   *
   * @param address where to write: memory that the caller keeps alive
   * @param value in the host's byte order
   */
  public static void putLong(long address, long value) {
    Handles.MEMORY.set(ValueLayout.JAVA_LONG_UNALIGNED, address, value);
  }

  /**
   * Reads 8 bytes of a native structure, see {@link #putLong}.
   *
   * @param address where to read: memory that the caller keeps alive
   * @return in the host's byte order
   */
  public static long getLong(long address) {
    return Handles.MEMORY.get(ValueLayout.JAVA_LONG_UNALIGNED, address);
  }

  /**
   * Writes 4 bytes of a native structure, see {@link #putLong}.
   *
   * @param address where to write: memory that the caller keeps alive
   * @param value in the host's byte order
   */
  public static void putInt(long address, int value) {
    Handles.MEMORY.set(ValueLayout.JAVA_INT_UNALIGNED, address, value);
  }

  private static int post(MemorySegment function, long pair, long request, long refusedOut) {
    try {
      return (int) Handles.POST.invokeExact(function, pair, request, refusedOut);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private static int postCritical(
      MemorySegment function, long pair, long request, long refusedOut) {
    try {
      return (int) Handles.POST_CRITICAL.invokeExact(function, pair, request, refusedOut);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private static RuntimeException impossible(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    throw new AssertionError("a native function of longs throws nothing", e);
  }

  /** Apart, so that a JVM that denies native access can load the class above. */
  private static final class Handles {
    private static final FunctionDescriptor POLL_DESCRIPTOR =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG);
    private static final FunctionDescriptor NOTIFY_DESCRIPTOR =
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT);
    private static final FunctionDescriptor POST_DESCRIPTOR =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);

    /** All of the address space: being a constant, it is checked when the code is compiled. */
    static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    static final MethodHandle POLL = through(POLL_DESCRIPTOR, Linker.Option.critical(false));
    static final MethodHandle NOTIFY = through(NOTIFY_DESCRIPTOR);
    static final MethodHandle POST = through(POST_DESCRIPTOR);
    static final MethodHandle POST_CRITICAL =
        through(POST_DESCRIPTOR, Linker.Option.critical(false));

    /**
     * A handle whose first argument is the function. As a number it would have to be made a segment
     * again for each call, which the compiler does not remove everywhere.
     */
    private static MethodHandle through(FunctionDescriptor descriptor, Linker.Option... options) {
      return Linker.nativeLinker().downcallHandle(descriptor, options);
    }
  }
}
