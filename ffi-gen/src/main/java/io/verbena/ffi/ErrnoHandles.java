package io.verbena.ffi;

import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.verbs.Verbs;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * The handles of {@link ErrnoCalls}, a class for each library: none is looked up before its use.
 */
final class ErrnoHandles {
  private ErrnoHandles() {}

  static MethodHandle capturing(
      MemorySegment address, FunctionDescriptor descriptor, Linker.Option... more) {
    Linker.Option[] options = Arrays.copyOf(more, more.length + 1);
    options[more.length] = Linker.Option.captureCallState("errno");
    return Linker.nativeLinker().downcallHandle(address, descriptor, options);
  }

  /** Initialised by the first verb: needs libibverbs. */
  static final class OfVerbs {
    static final MethodHandle GET_DEVICE_LIST =
        capturing(Verbs.ibv_get_device_list$address(), Verbs.ibv_get_device_list$descriptor());
    static final MethodHandle OPEN_DEVICE =
        capturing(Verbs.ibv_open_device$address(), Verbs.ibv_open_device$descriptor());
    static final MethodHandle CLOSE_DEVICE =
        capturing(Verbs.ibv_close_device$address(), Verbs.ibv_close_device$descriptor());
    static final MethodHandle GET_ASYNC_EVENT =
        capturing(Verbs.ibv_get_async_event$address(), Verbs.ibv_get_async_event$descriptor());
    static final MethodHandle QUERY_GID =
        capturing(Verbs.ibv_query_gid$address(), Verbs.ibv_query_gid$descriptor());
    static final MethodHandle QUERY_GID_EX =
        capturing(Verbs._ibv_query_gid_ex$address(), Verbs._ibv_query_gid_ex$descriptor());
    static final MethodHandle QUERY_GID_TABLE =
        capturing(Verbs._ibv_query_gid_table$address(), Verbs._ibv_query_gid_table$descriptor());
    static final MethodHandle QUERY_PKEY =
        capturing(Verbs.ibv_query_pkey$address(), Verbs.ibv_query_pkey$descriptor());
    static final MethodHandle ALLOC_PD =
        capturing(Verbs.ibv_alloc_pd$address(), Verbs.ibv_alloc_pd$descriptor());
    static final MethodHandle REG_MR =
        capturing(Verbs.ibv_reg_mr$address(), Verbs.ibv_reg_mr$descriptor());
    static final MethodHandle REG_MR_IOVA2 =
        capturing(Verbs.ibv_reg_mr_iova2$address(), Verbs.ibv_reg_mr_iova2$descriptor());
    static final MethodHandle CREATE_COMP_CHANNEL =
        capturing(
            Verbs.ibv_create_comp_channel$address(), Verbs.ibv_create_comp_channel$descriptor());
    static final MethodHandle CREATE_CQ =
        capturing(Verbs.ibv_create_cq$address(), Verbs.ibv_create_cq$descriptor());
    static final MethodHandle GET_CQ_EVENT =
        capturing(Verbs.ibv_get_cq_event$address(), Verbs.ibv_get_cq_event$descriptor());
    static final MethodHandle CREATE_SRQ =
        capturing(Verbs.ibv_create_srq$address(), Verbs.ibv_create_srq$descriptor());
    static final MethodHandle CREATE_QP =
        capturing(Verbs.ibv_create_qp$address(), Verbs.ibv_create_qp$descriptor());
    static final MethodHandle CREATE_AH =
        capturing(Verbs.ibv_create_ah$address(), Verbs.ibv_create_ah$descriptor());
  }

  /** Initialised by the first call of libc. */
  static final class OfLibC {
    static final MethodHandle POLL = capturing(LibC.poll$address(), LibC.poll$descriptor());
    static final MethodHandle READ = capturing(LibC.read$address(), LibC.read$descriptor());
    static final MethodHandle WRITE = capturing(LibC.write$address(), LibC.write$descriptor());
    static final MethodHandle CLOSE = capturing(LibC.close$address(), LibC.close$descriptor());
    static final MethodHandle EVENTFD =
        capturing(LibC.eventfd$address(), LibC.eventfd$descriptor());
    static final MethodHandle GETRLIMIT =
        capturing(LibC.getrlimit$address(), LibC.getrlimit$descriptor());
    static final MethodHandle FCNTL =
        capturing(
            LibC.fcntl.address(),
            FunctionDescriptor.of(LibC.C_INT, LibC.C_INT, LibC.C_INT, LibC.C_INT),
            Linker.Option.firstVariadicArg(2));
  }
}
