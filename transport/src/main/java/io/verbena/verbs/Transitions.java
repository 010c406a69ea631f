package io.verbena.verbs;

import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_qp_attr;
import io.verbena.ffi.verbs.ibv_qp_cap;
import io.verbena.ffi.verbs.ibv_qp_init_attr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Fills the C structures that create and modify a queue pair. */
final class Transitions {
  private Transitions() {}

  /** What {@code ibv_modify_qp} returns: 0, or an error number. */
  static int modify(
      MemorySegment pair, QueuePairTransition transition, SegmentAllocator allocator) {
    MemorySegment attr = ibv_qp_attr.allocate(allocator);
    int mask = Abi.QP_STATE_MASK;
    ibv_qp_attr.qp_state(attr, transition.target().code());
    QueuePairAttributes attributes = transition.attributes();
    for (QueuePairAttribute attribute : attributes.present()) {
      mask |= attribute.mask();
      set(attr, attribute, attributes);
    }
    return Verbs.ibv_modify_qp(pair, attr, mask);
  }

  private static void set(
      MemorySegment attr, QueuePairAttribute attribute, QueuePairAttributes attributes) {
    int value = attributes.value(attribute);
    switch (attribute) {
      case ACCESS -> ibv_qp_attr.qp_access_flags(attr, value);
      case PKEY_INDEX -> ibv_qp_attr.pkey_index(attr, (short) value);
      case PORT -> ibv_qp_attr.port_num(attr, (byte) value);
      case QUEUE_KEY -> ibv_qp_attr.qkey(attr, value);
      case ADDRESS_VECTOR -> {
        AddressVector vector = attributes.addressVector();
        if (vector != null) {
          vector.fill(ibv_qp_attr.ah_attr(attr));
        }
      }
      case PATH_MTU -> ibv_qp_attr.path_mtu(attr, value);
      case TIMEOUT -> ibv_qp_attr.timeout(attr, (byte) value);
      case RETRY_COUNT -> ibv_qp_attr.retry_cnt(attr, (byte) value);
      case RNR_RETRY -> ibv_qp_attr.rnr_retry(attr, (byte) value);
      case RECEIVE_SEQUENCE -> ibv_qp_attr.rq_psn(attr, value);
      case MAX_READ_ATOMIC -> ibv_qp_attr.max_rd_atomic(attr, (byte) value);
      case MIN_RNR_TIMER -> ibv_qp_attr.min_rnr_timer(attr, (byte) value);
      case SEND_SEQUENCE -> ibv_qp_attr.sq_psn(attr, value);
      case MAX_SERVED_READ_ATOMIC -> ibv_qp_attr.max_dest_rd_atomic(attr, (byte) value);
      case PEER_NUMBER -> ibv_qp_attr.dest_qp_num(attr, value);
      case CURRENT_STATE -> ibv_qp_attr.cur_qp_state(attr, value);
      case DRAINED_NOTIFICATION -> ibv_qp_attr.en_sqd_async_notify(attr, (byte) value);
      case ALTERNATE_PATH -> {
        QueuePairAttributes.AlternatePath path = attributes.alternatePath();
        if (path != null) {
          path.vector().fill(ibv_qp_attr.alt_ah_attr(attr));
          ibv_qp_attr.alt_port_num(attr, (byte) path.vector().port());
          ibv_qp_attr.alt_pkey_index(attr, (short) path.pkeyIndex());
          ibv_qp_attr.alt_timeout(attr, (byte) path.timeout());
        }
      }
      case PATH_MIGRATION -> ibv_qp_attr.path_mig_state(attr, value);
    }
  }

  /** What {@code ibv_create_qp} takes. */
  static MemorySegment initAttributes(QueuePairConfig config, SegmentAllocator allocator) {
    MemorySegment attributes = ibv_qp_init_attr.allocate(allocator);
    ibv_qp_init_attr.send_cq(attributes, config.sendQueue().handle);
    boolean receives = config.type() != QueuePairType.XRC_SEND;
    if (receives) {
      ibv_qp_init_attr.recv_cq(attributes, config.receiveQueue().handle);
    }
    ibv_qp_init_attr.qp_type(attributes, config.type().code());
    SharedReceiveQueue shared = config.sharedReceiveQueue();
    if (shared != null) {
      ibv_qp_init_attr.srq(attributes, shared.handle);
    }
    MemorySegment cap = ibv_qp_init_attr.cap(attributes);
    ibv_qp_cap.max_send_wr(cap, config.sendDepth());
    ibv_qp_cap.max_recv_wr(cap, config.receiveDepth());
    ibv_qp_cap.max_send_sge(cap, config.sendElements());
    ibv_qp_cap.max_recv_sge(cap, receives ? config.receiveElements() : 0);
    ibv_qp_cap.max_inline_data(cap, config.inlineBytes());
    return attributes;
  }
}
