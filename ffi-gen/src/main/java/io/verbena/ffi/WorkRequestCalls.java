package io.verbena.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The calls behind {@code ibv_wr_*}, see {@code ibv_wr_post(3)}: {@code static inline} functions
 * that go through the pointers of a {@code struct ibv_qp_ex}. Addresses and pointers are {@code
 * long}, as in {@link InlineVerbs}; the caller guarantees that they are alive.
 *
 * <p>Each method is for all functions of one shape; the first argument is the function, the second
 * the address of the {@code struct ibv_qp_ex}. Between {@code wr_start} and {@code wr_complete} or
 * {@code wr_abort} the provider may hold a lock: nothing may get in between.
 */
public final class WorkRequestCalls {
  private WorkRequestCalls() {}

  /**
   * {@code wr_start}, {@code wr_send}, {@code wr_abort}.
   *
   * @param function the pointer
   * @param pair the {@code struct ibv_qp_ex}
   */
  public static void call(long function, long pair) {
    try {
      Handles.PAIR.invokeExact(MemorySegment.ofAddress(function), pair);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * {@code wr_complete}.
   *
   * @param function the pointer
   * @param pair the {@code struct ibv_qp_ex}
   * @return 0; an error number on failure: none of the requests was posted then
   */
  public static int complete(long function, long pair) {
    try {
      return (int) Handles.COMPLETE.invokeExact(MemorySegment.ofAddress(function), pair);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * {@code wr_send_imm} (big-endian), {@code wr_send_inv}, {@code wr_local_inv}.
   *
   * @param function the pointer
   * @param pair the {@code struct ibv_qp_ex}
   * @param value the immediate data or the key
   */
  public static void call(long function, long pair, int value) {
    try {
      Handles.INT.invokeExact(MemorySegment.ofAddress(function), pair, value);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * {@code wr_rdma_read}, {@code wr_rdma_write}.
   *
   * @param function the pointer
   * @param pair the {@code struct ibv_qp_ex}
   * @param rkey the key of the peer's memory
   * @param remoteAddress the peer's memory
   */
  public static void call(long function, long pair, int rkey, long remoteAddress) {
    try {
      Handles.REMOTE.invokeExact(MemorySegment.ofAddress(function), pair, rkey, remoteAddress);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * {@code wr_rdma_write_imm}.
   *
   * @param function the pointer
   * @param pair the {@code struct ibv_qp_ex}
   * @param rkey the key of the peer's memory
   * @param remoteAddress the peer's memory
   * @param immediate big-endian
   */
  public static void call(long function, long pair, int rkey, long remoteAddress, int immediate) {
    try {
      Handles.IMMEDIATE.invokeExact(
          MemorySegment.ofAddress(function), pair, rkey, remoteAddress, immediate);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * {@code wr_atomic_fetch_add}.
   *
   * @param function the pointer
   * @param pair the {@code struct ibv_qp_ex}
   * @param rkey the key of the peer's memory
   * @param remoteAddress the peer's number
   * @param delta what to add
   */
  public static void fetchAdd(long function, long pair, int rkey, long remoteAddress, long delta) {
    try {
      Handles.FETCH_ADD.invokeExact(
          MemorySegment.ofAddress(function), pair, rkey, remoteAddress, delta);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * {@code wr_atomic_cmp_swp}.
   *
   * @param function the pointer
   * @param pair the {@code struct ibv_qp_ex}
   * @param rkey the key of the peer's memory
   * @param remoteAddress the peer's number
   * @param expected what must be there
   * @param desired what to put there
   */
  public static void compareSwap(
      long function, long pair, int rkey, long remoteAddress, long expected, long desired) {
    try {
      Handles.COMPARE_SWAP.invokeExact(
          MemorySegment.ofAddress(function), pair, rkey, remoteAddress, expected, desired);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * {@code wr_bind_mw}.
   *
   * @param function the pointer
   * @param pair the {@code struct ibv_qp_ex}
   * @param window a {@code struct ibv_mw}
   * @param rkey its new key
   * @param bindInfo a {@code struct ibv_mw_bind_info}
   */
  public static void bind(long function, long pair, long window, int rkey, long bindInfo) {
    try {
      Handles.BIND.invokeExact(MemorySegment.ofAddress(function), pair, window, rkey, bindInfo);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * {@code wr_set_ud_addr}.
   *
   * @param function the pointer
   * @param pair the {@code struct ibv_qp_ex}
   * @param handle a {@code struct ibv_ah}
   * @param number the peer's queue pair
   * @param queueKey the peer's queue key
   */
  public static void destination(long function, long pair, long handle, int number, int queueKey) {
    try {
      Handles.DESTINATION.invokeExact(
          MemorySegment.ofAddress(function), pair, handle, number, queueKey);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * {@code wr_set_sge_list} (count, address of the elements) and {@code wr_set_inline_data}
   * (address, length).
   *
   * @param function the pointer
   * @param pair the {@code struct ibv_qp_ex}
   * @param first the count or the address
   * @param second the address or the length
   */
  public static void data(long function, long pair, long first, long second) {
    try {
      Handles.DATA.invokeExact(MemorySegment.ofAddress(function), pair, first, second);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /** Apart, so that a JVM that denies native access can load the class above. */
  private static final class Handles {
    private static final MemoryLayout LONG = ValueLayout.JAVA_LONG;
    private static final MemoryLayout INT_ = ValueLayout.JAVA_INT;

    static final MethodHandle PAIR = through(LONG);
    static final MethodHandle COMPLETE =
        Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(INT_, LONG));
    static final MethodHandle INT = through(LONG, INT_);
    static final MethodHandle REMOTE = through(LONG, INT_, LONG);
    static final MethodHandle IMMEDIATE = through(LONG, INT_, LONG, INT_);
    static final MethodHandle FETCH_ADD = through(LONG, INT_, LONG, LONG);
    static final MethodHandle COMPARE_SWAP = through(LONG, INT_, LONG, LONG, LONG);
    static final MethodHandle BIND = through(LONG, LONG, INT_, LONG);
    static final MethodHandle DESTINATION = through(LONG, LONG, INT_, INT_);
    static final MethodHandle DATA = through(LONG, LONG, LONG);

    private static MethodHandle through(MemoryLayout... arguments) {
      return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(arguments));
    }
  }
}
