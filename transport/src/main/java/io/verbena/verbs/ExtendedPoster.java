package io.verbena.verbs;

import io.verbena.ffi.WorkRequestCalls;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_qp_ex;
import io.verbena.ffi.verbs.ibv_send_wr;
import io.verbena.ffi.verbs.ibv_sge;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Posts the slots of a send queue through {@code ibv_wr_*} instead of {@code ibv_post_send}: the
 * same requests, a call or more for each field. See {@code man ibv_wr_post} and decision 4.
 */
final class ExtendedPoster {
  /** All of the operations that a type may have, {@code IBV_QP_EX_WITH_*}. */
  private static final long MESSAGES = 1 << 2 | 1 << 3;

  private static final long WRITES = 1 | 1 << 1;
  private static final long INVALIDATE = 1 << 7;
  private static final long WINDOWS = 1 << 7 | 1 << 8 | 1 << 9;
  private static final long FETCHES = 1 << 4 | 1 << 5 | 1 << 6;

  private static final long FLAGS = ibv_send_wr.send_flags$offset();
  private static final long IMMEDIATE = ibv_send_wr.imm_data$offset();
  private static final long WR = ibv_send_wr.wr$offset();
  private static final long RDMA = WR + ibv_send_wr.wr.rdma$offset();
  private static final long REMOTE_ADDRESS = RDMA + ibv_send_wr.wr.rdma.remote_addr$offset();
  private static final long RKEY = RDMA + ibv_send_wr.wr.rdma.rkey$offset();
  private static final long ATOMIC = WR + ibv_send_wr.wr.atomic$offset();
  private static final long COMPARE_ADD = ATOMIC + ibv_send_wr.wr.atomic.compare_add$offset();
  private static final long SWAP = ATOMIC + ibv_send_wr.wr.atomic.swap$offset();
  private static final long ATOMIC_RKEY = ATOMIC + ibv_send_wr.wr.atomic.rkey$offset();
  private static final long DATAGRAM = WR + ibv_send_wr.wr.ud$offset();
  private static final long HANDLE = DATAGRAM + ibv_send_wr.wr.ud.ah$offset();
  private static final long PEER_NUMBER = DATAGRAM + ibv_send_wr.wr.ud.remote_qpn$offset();
  private static final long QUEUE_KEY = DATAGRAM + ibv_send_wr.wr.ud.remote_qkey$offset();
  private static final long BIND = ibv_send_wr.bind_mw$offset();
  private static final long WINDOW = BIND + ibv_send_wr.bind_mw.mw$offset();
  private static final long WINDOW_KEY = BIND + ibv_send_wr.bind_mw.rkey$offset();
  private static final long BIND_INFO = BIND + ibv_send_wr.bind_mw.bind_info$offset();

  private final MemorySegment pair;
  private final long address;
  private final boolean datagram;
  private final boolean xrc;
  private final boolean cannotInvalidate;
  private final MemorySegment slots;
  private final long stride;

  ExtendedPoster(MemorySegment handle, QueuePairType type, MemorySegment slots, long stride) {
    this.pair = Verbs.ibv_qp_to_qp_ex(handle);
    this.address = pair.address();
    this.cannotInvalidate = (operations(type) & INVALIDATE) == 0;
    this.datagram = type == QueuePairType.DATAGRAM;
    this.xrc = type == QueuePairType.XRC_SEND;
    this.slots = slots;
    this.stride = stride;
  }

  /** What to ask for when the queue pair is created. */
  static long operations(QueuePairType type) {
    return switch (type) {
      case RELIABLE, XRC_SEND, XRC_RECEIVE -> MESSAGES | WRITES | WINDOWS | FETCHES;
      // soft-RoCE has no local invalidate there, and refuses all when one is too many.
      case UNRELIABLE -> MESSAGES | WRITES | (WINDOWS & ~INVALIDATE);
      case DATAGRAM -> MESSAGES;
    };
  }

  /** 0, or an error number: then none of the requests was posted. */
  int post(int count) {
    if (cannotInvalidate && hasInvalidate(count)) {
      return Cures.EOPNOTSUPP;
    }
    WorkRequestCalls.call(ibv_qp_ex.wr_start(pair).address(), address);
    boolean built = false;
    try {
      for (int i = 0; i < count; i++) {
        request(i * stride);
      }
      built = true;
    } finally {
      if (!built) {
        // The provider holds a lock since the start, and would never let anybody in again.
        WorkRequestCalls.call(ibv_qp_ex.wr_abort(pair).address(), address);
      }
    }
    return WorkRequestCalls.complete(ibv_qp_ex.wr_complete(pair).address(), address);
  }

  /** The library leaves out the functions that were not asked for. */
  private boolean hasInvalidate(int count) {
    for (int i = 0; i < count; i++) {
      if (word(i * stride + SendQueue.OPCODE) == Abi.WR_INVALIDATE) {
        return true;
      }
    }
    return false;
  }

  private void request(long slot) {
    ibv_qp_ex.wr_id(pair, number(slot + WorkBatch.WR_ID));
    ibv_qp_ex.wr_flags(pair, word(slot + FLAGS));
    int opcode = word(slot + SendQueue.OPCODE);
    operation(slot, opcode);
    if (opcode == Abi.WR_BIND_WINDOW || opcode == Abi.WR_INVALIDATE) {
      return;
    }
    if (datagram) {
      WorkRequestCalls.destination(
          ibv_qp_ex.wr_set_ud_addr(pair).address(),
          address,
          number(slot + HANDLE),
          word(slot + PEER_NUMBER),
          word(slot + QUEUE_KEY));
    }
    if (xrc) {
      WorkRequestCalls.call(
          ibv_qp_ex.wr_set_xrc_srqn(pair).address(), address, word(slot + SendChain.SHARED_NUMBER));
    }
    data(slot);
  }

  private void operation(long slot, int opcode) {
    switch (opcode) {
      case Abi.WR_SEND -> WorkRequestCalls.call(ibv_qp_ex.wr_send(pair).address(), address);
      case Abi.WR_SEND_IMMEDIATE ->
          WorkRequestCalls.call(
              ibv_qp_ex.wr_send_imm(pair).address(), address, word(slot + IMMEDIATE));
      case Abi.WR_SEND_INVALIDATE ->
          WorkRequestCalls.call(
              ibv_qp_ex.wr_send_inv(pair).address(), address, word(slot + IMMEDIATE));
      case Abi.WR_INVALIDATE ->
          WorkRequestCalls.call(
              ibv_qp_ex.wr_local_inv(pair).address(), address, word(slot + IMMEDIATE));
      case Abi.WR_WRITE ->
          WorkRequestCalls.call(
              ibv_qp_ex.wr_rdma_write(pair).address(),
              address,
              word(slot + RKEY),
              number(slot + REMOTE_ADDRESS));
      case Abi.WR_WRITE_IMMEDIATE ->
          WorkRequestCalls.call(
              ibv_qp_ex.wr_rdma_write_imm(pair).address(),
              address,
              word(slot + RKEY),
              number(slot + REMOTE_ADDRESS),
              word(slot + IMMEDIATE));
      case Abi.WR_READ ->
          WorkRequestCalls.call(
              ibv_qp_ex.wr_rdma_read(pair).address(),
              address,
              word(slot + RKEY),
              number(slot + REMOTE_ADDRESS));
      case Abi.WR_FETCH_AND_ADD ->
          WorkRequestCalls.fetchAdd(
              ibv_qp_ex.wr_atomic_fetch_add(pair).address(),
              address,
              word(slot + ATOMIC_RKEY),
              number(slot + REMOTE_ADDRESS),
              number(slot + COMPARE_ADD));
      case Abi.WR_COMPARE_AND_SWAP ->
          WorkRequestCalls.compareSwap(
              ibv_qp_ex.wr_atomic_cmp_swp(pair).address(),
              address,
              word(slot + ATOMIC_RKEY),
              number(slot + REMOTE_ADDRESS),
              number(slot + COMPARE_ADD),
              number(slot + SWAP));
      case Abi.WR_BIND_WINDOW ->
          WorkRequestCalls.bind(
              ibv_qp_ex.wr_bind_mw(pair).address(),
              address,
              number(slot + WINDOW),
              word(slot + WINDOW_KEY),
              slots.address() + slot + BIND_INFO);
      default -> throw new AssertionError("no batch makes requests of opcode " + opcode);
    }
  }

  private void data(long slot) {
    long element = slot + ibv_send_wr.sizeof();
    int count = word(slot + WorkBatch.NUM_SGE);
    if ((word(slot + FLAGS) & Abi.SEND_INLINE) == 0) {
      WorkRequestCalls.data(
          ibv_qp_ex.wr_set_sge_list(pair).address(), address, count, slots.address() + element);
    } else {
      // Inline bytes stand in one piece.
      WorkRequestCalls.data(
          ibv_qp_ex.wr_set_inline_data(pair).address(),
          address,
          number(element + ibv_sge.addr$offset()),
          count == 0 ? 0 : word(element + ibv_sge.length$offset()));
    }
  }

  private int word(long offset) {
    return slots.get(ValueLayout.JAVA_INT, offset);
  }

  private long number(long offset) {
    return slots.get(ValueLayout.JAVA_LONG, offset);
  }
}
