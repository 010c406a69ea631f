package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.ExtendedVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_qp;
import io.verbena.ffi.verbs.ibv_qp_cap;
import io.verbena.ffi.verbs.ibv_qp_init_attr;
import io.verbena.ffi.verbs.ibv_qp_init_attr_ex;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Creates queue pairs: room in the completion queues first, then the C object. */
final class QueuePairCreation {
  private QueuePairCreation() {}

  /** With the lock. */
  static QueuePair create(ProtectionDomain domain, QueuePairConfig config) throws VerbsException {
    CompletionQueue sendQueue = config.sendQueue();
    CompletionQueue receiveQueue = config.receiveQueue();
    if (sendQueue.context() != domain.context() || receiveQueue.context() != domain.context()) {
      throw new IllegalArgumentException(
          "a completion queue is of another context than the protection domain");
    }
    if (config.type() == QueuePairType.XRC_SEND) {
      XrcDomain.requireXrc(domain.context(), "ibv_create_qp", config.toString());
    }
    sendQueue.requireOpen();
    receiveQueue.requireOpen();
    SharedReceiveQueue shared = config.sharedReceiveQueue();
    if (shared != null) {
      if (shared.domain() != domain) {
        throw new IllegalArgumentException(
            shared.description() + " belongs to another protection domain");
      }
      if (shared.isXrc()) {
        throw new IllegalArgumentException(
            shared.description() + " is of an XRC domain, whose own queue pairs deliver to it");
      }
      shared.requireOpen();
    }
    if (shared == null || !shared.completesOn(receiveQueue)) {
      return reserveAndCreate(domain, config);
    }
    QueuePair pair = null;
    try {
      pair = reserveAndCreate(domain, config);
      return pair;
    } finally {
      if (pair == null) {
        shared.neverCompletedOn(receiveQueue);
      }
    }
  }

  private static QueuePair reserveAndCreate(ProtectionDomain domain, QueuePairConfig config)
      throws VerbsException {
    CompletionQueue sendQueue = config.sendQueue();
    CompletionQueue receiveQueue = config.receiveQueue();
    sendQueue.sources().reserve(config.sendDepth());
    boolean created = false;
    try (Arena arena = Arena.ofConfined()) {
      receiveQueue.sources().reserve(config.receiveDepth());
      try {
        boolean extended = Provider.postsExtended();
        MemorySegment attributes =
            extended
                ? extendedAttributes(domain, config, arena)
                : Transitions.initAttributes(config, arena);
        MemorySegment capture = ErrnoCalls.capture(arena);
        MemorySegment handle =
            extended
                ? ExtendedVerbs.createQpEx(capture, domain.context().handle, attributes)
                : ErrnoCalls.createQp(capture, domain.handle, attributes);
        if (handle.address() == 0) {
          throw VerbsException.of(
              extended ? "ibv_create_qp_ex" : "ibv_create_qp",
              config.toString(),
              ErrnoCalls.errno(capture));
        }
        int granted = ibv_qp_cap.max_inline_data(ibv_qp_init_attr.cap(attributes));
        QueuePair pair = null;
        try {
          int number = ibv_qp.qp_num(handle);
          receiveQueue.sources().requireFresh(number);
          // Nothing but the number says whose a shared receive is, also where the new one sends.
          sendQueue.sources().requireFresh(number);
          pair = new QueuePair(domain, config, handle, granted, extended);
        } finally {
          if (pair == null) {
            Verbs.ibv_destroy_qp(handle);
          }
        }
        sendQueue.sources().attach(pair);
        receiveQueue.sources().attach(pair);
        created = true;
        return pair;
      } finally {
        if (!created) {
          receiveQueue.sources().unreserve(config.receiveDepth());
        }
      }
    } finally {
      if (!created) {
        sendQueue.sources().unreserve(config.sendDepth());
      }
    }
  }

  /** What {@code ibv_create_qp_ex} takes: it begins like what {@code ibv_create_qp} takes. */
  private static MemorySegment extendedAttributes(
      ProtectionDomain domain, QueuePairConfig config, Arena arena) {
    MemorySegment attributes = ibv_qp_init_attr_ex.allocate(arena);
    MemorySegment plain = Transitions.initAttributes(config, arena);
    // Up to where the two differ; the plain one is padded at its end.
    MemorySegment.copy(plain, 0, attributes, 0, ibv_qp_init_attr_ex.comp_mask$offset());
    ibv_qp_init_attr_ex.comp_mask(
        attributes, Verbs.IBV_QP_INIT_ATTR_PD() | Verbs.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS());
    ibv_qp_init_attr_ex.pd(attributes, domain.handle);
    ibv_qp_init_attr_ex.send_ops_flags(attributes, ExtendedPoster.operations(config.type()));
    return attributes;
  }
}
