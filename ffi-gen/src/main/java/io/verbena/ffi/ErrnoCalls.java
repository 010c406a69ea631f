package io.verbena.ffi;

import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/**
 * The verbs that report their failure through {@code errno}, which a generated method loses: by the
 * time Java looks, the JVM may have made system calls of its own.
 *
 * <p>The first parameter of each method is a segment of {@link #capture(SegmentAllocator)}; after a
 * result that means failure, and only then, {@link #errno(MemorySegment)} reads the error number
 * from it. The other parameters and the result are those of the generated method. A capture may be
 * reused for any number of calls but by one thread at a time. Calling a verb is allowed only if
 * {@link Native#LIBIBVERBS} is available. {@link SystemCalls} has the functions of libc.
 */
public final class ErrnoCalls {
  private static final ValueLayout.OfInt ERRNO = ValueLayout.JAVA_INT;
  private static final long ERRNO_OFFSET =
      Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));

  private ErrnoCalls() {}

  /**
   * Room for the error number of a call.
   *
   * @param allocator gives the memory, and with it the lifetime of the capture
   * @return a capture to pass to the methods of this class and of {@link SystemCalls}
   */
  public static MemorySegment capture(SegmentAllocator allocator) {
    return allocator.allocate(Linker.Option.captureStateLayout());
  }

  /**
   * The error number of the last failed call.
   *
   * @param capture was passed to a call that failed
   * @return see {@code errno(3)}; {@link Errno#of(int)} names it
   */
  public static int errno(MemorySegment capture) {
    return capture.get(ERRNO, ERRNO_OFFSET);
  }

  /**
   * Lists the RDMA devices of the system, see {@code ibv_get_device_list(3)}.
   *
   * @param capture receives {@code errno}
   * @param countOut where the number of devices goes, or NULL
   * @return a NULL-terminated array for {@code ibv_free_device_list}; NULL on failure
   */
  public static MemorySegment getDeviceList(MemorySegment capture, MemorySegment countOut) {
    try {
      return (MemorySegment) ErrnoHandles.OfVerbs.GET_DEVICE_LIST.invokeExact(capture, countOut);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Opens a device, see {@code ibv_open_device(3)}.
   *
   * @param capture receives {@code errno}
   * @param device a {@code struct ibv_device} of the list
   * @return a {@code struct ibv_context}; NULL on failure
   */
  public static MemorySegment openDevice(MemorySegment capture, MemorySegment device) {
    try {
      return (MemorySegment) ErrnoHandles.OfVerbs.OPEN_DEVICE.invokeExact(capture, device);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Closes a device, see {@code ibv_open_device(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @return 0; -1 on failure
   */
  public static int closeDevice(MemorySegment capture, MemorySegment context) {
    try {
      return (int) ErrnoHandles.OfVerbs.CLOSE_DEVICE.invokeExact(capture, context);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Takes the next asynchronous event, waiting for it unless {@code async_fd} is non-blocking, see
   * {@code ibv_get_async_event(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @param eventOut where the {@code struct ibv_async_event} goes
   * @return 0; -1 on failure
   */
  public static int getAsyncEvent(
      MemorySegment capture, MemorySegment context, MemorySegment eventOut) {
    try {
      return (int) ErrnoHandles.OfVerbs.GET_ASYNC_EVENT.invokeExact(capture, context, eventOut);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Reads a GID, see {@code ibv_query_gid(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @param port the port, counted from 1
   * @param index the row of the port's table
   * @param gidOut where the {@code union ibv_gid} goes
   * @return 0; -1 on failure
   */
  public static int queryGid(
      MemorySegment capture, MemorySegment context, byte port, int index, MemorySegment gidOut) {
    try {
      return (int)
          ErrnoHandles.OfVerbs.QUERY_GID.invokeExact(capture, context, port, index, gidOut);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Reads a GID with its type and network interface, see {@code ibv_query_gid_ex(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @param port the port, counted from 1
   * @param index the row of the port's table
   * @param entryOut where the {@code struct ibv_gid_entry} goes
   * @param flags none are defined: 0
   * @param entrySize the size of a {@code struct ibv_gid_entry}
   * @return 0; non-zero on failure
   */
  public static int queryGidEx(
      MemorySegment capture,
      MemorySegment context,
      int port,
      int index,
      MemorySegment entryOut,
      int flags,
      long entrySize) {
    try {
      return (int)
          ErrnoHandles.OfVerbs.QUERY_GID_EX.invokeExact(
              capture, context, port, index, entryOut, flags, entrySize);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Reads all valid GIDs of a device, see {@code ibv_query_gid_table(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @param entriesOut room for {@code capacity} entries
   * @param capacity the greatest number of entries to write
   * @param flags none are defined: 0
   * @param entrySize the size of a {@code struct ibv_gid_entry}
   * @return the number of entries written; negative on failure
   */
  public static long queryGidTable(
      MemorySegment capture,
      MemorySegment context,
      MemorySegment entriesOut,
      long capacity,
      int flags,
      long entrySize) {
    try {
      return (long)
          ErrnoHandles.OfVerbs.QUERY_GID_TABLE.invokeExact(
              capture, context, entriesOut, capacity, flags, entrySize);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Reads a partition key, see {@code ibv_query_pkey(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @param port the port, counted from 1
   * @param index the row of the port's table
   * @param pkeyOut where the key goes, big-endian
   * @return 0; -1 on failure
   */
  public static int queryPkey(
      MemorySegment capture, MemorySegment context, byte port, int index, MemorySegment pkeyOut) {
    try {
      return (int)
          ErrnoHandles.OfVerbs.QUERY_PKEY.invokeExact(capture, context, port, index, pkeyOut);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Creates a protection domain, see {@code ibv_alloc_pd(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @return what was created; NULL on failure
   */
  public static MemorySegment allocPd(MemorySegment capture, MemorySegment context) {
    try {
      return (MemorySegment) ErrnoHandles.OfVerbs.ALLOC_PD.invokeExact(capture, context);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Registers memory; not for optional access flags, which need {@link #regMrIova2}, see {@code
   * ibv_reg_mr(3)}.
   *
   * @param capture receives {@code errno}
   * @param pd a {@code struct ibv_pd}
   * @param address the first byte
   * @param length in bytes
   * @param access {@code IBV_ACCESS_*} flags
   * @return a {@code struct ibv_mr}; NULL on failure
   */
  public static MemorySegment regMr(
      MemorySegment capture, MemorySegment pd, MemorySegment address, long length, int access) {
    try {
      return (MemorySegment)
          ErrnoHandles.OfVerbs.REG_MR.invokeExact(capture, pd, address, length, access);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Registers memory with any access flags and an address of choice for remote peers, see {@code
   * ibv_reg_mr(3)}.
   *
   * @param capture receives {@code errno}
   * @param pd a {@code struct ibv_pd}
   * @param address the first byte
   * @param length in bytes
   * @param iova the address that remote peers use for the first byte
   * @param access {@code IBV_ACCESS_*} flags
   * @return a {@code struct ibv_mr}; NULL on failure
   */
  public static MemorySegment regMrIova2(
      MemorySegment capture,
      MemorySegment pd,
      MemorySegment address,
      long length,
      long iova,
      int access) {
    try {
      return (MemorySegment)
          ErrnoHandles.OfVerbs.REG_MR_IOVA2.invokeExact(capture, pd, address, length, iova, access);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Creates a completion channel, see {@code ibv_create_comp_channel(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @return what was created; NULL on failure
   */
  public static MemorySegment createCompChannel(MemorySegment capture, MemorySegment context) {
    try {
      return (MemorySegment) ErrnoHandles.OfVerbs.CREATE_COMP_CHANNEL.invokeExact(capture, context);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Creates a completion queue, see {@code ibv_create_cq(3)}.
   *
   * @param capture receives {@code errno}
   * @param context a {@code struct ibv_context}
   * @param entries the least number of entries
   * @param cqContext handed back with each event, or NULL
   * @param channel a {@code struct ibv_comp_channel}, or NULL
   * @param vector the completion vector, below {@code num_comp_vectors}
   * @return what was created; NULL on failure
   */
  public static MemorySegment createCq(
      MemorySegment capture,
      MemorySegment context,
      int entries,
      MemorySegment cqContext,
      MemorySegment channel,
      int vector) {
    try {
      return (MemorySegment)
          ErrnoHandles.OfVerbs.CREATE_CQ.invokeExact(
              capture, context, entries, cqContext, channel, vector);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Takes the next completion event, waiting for it unless the channel is non-blocking, see {@code
   * ibv_get_cq_event(3)}.
   *
   * @param capture receives {@code errno}
   * @param channel a {@code struct ibv_comp_channel}
   * @param cqOut where the queue of the event goes
   * @param cqContextOut where the context of that queue goes
   * @return 0; -1 on failure
   */
  public static int getCqEvent(
      MemorySegment capture,
      MemorySegment channel,
      MemorySegment cqOut,
      MemorySegment cqContextOut) {
    try {
      return (int)
          ErrnoHandles.OfVerbs.GET_CQ_EVENT.invokeExact(capture, channel, cqOut, cqContextOut);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Creates a shared receive queue, see {@code ibv_create_srq(3)}.
   *
   * @param capture receives {@code errno}
   * @param pd a {@code struct ibv_pd}
   * @param initAttr what to create; the library writes what it granted
   * @return what was created; NULL on failure
   */
  public static MemorySegment createSrq(
      MemorySegment capture, MemorySegment pd, MemorySegment initAttr) {
    try {
      return (MemorySegment) ErrnoHandles.OfVerbs.CREATE_SRQ.invokeExact(capture, pd, initAttr);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Creates a queue pair, see {@code ibv_create_qp(3)}.
   *
   * @param capture receives {@code errno}
   * @param pd a {@code struct ibv_pd}
   * @param initAttr what to create; the library writes what it granted
   * @return what was created; NULL on failure
   */
  public static MemorySegment createQp(
      MemorySegment capture, MemorySegment pd, MemorySegment initAttr) {
    try {
      return (MemorySegment) ErrnoHandles.OfVerbs.CREATE_QP.invokeExact(capture, pd, initAttr);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Creates an address handle, see {@code ibv_create_ah(3)}.
   *
   * @param capture receives {@code errno}
   * @param pd a {@code struct ibv_pd}
   * @param attr a {@code struct ibv_ah_attr}
   * @return what was created; NULL on failure
   */
  public static MemorySegment createAh(
      MemorySegment capture, MemorySegment pd, MemorySegment attr) {
    try {
      return (MemorySegment) ErrnoHandles.OfVerbs.CREATE_AH.invokeExact(capture, pd, attr);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** For a verb that fails before there is anything to call. */
  static void setErrno(MemorySegment capture, int number) {
    capture.set(ERRNO, ERRNO_OFFSET, number);
  }

  /** Native functions throw nothing: this is a caller's bug, such as a closed segment. */
  static RuntimeException rethrow(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    if (e instanceof RuntimeException exception) {
      return exception;
    }
    throw new AssertionError("a native function throws nothing", e);
  }
}
