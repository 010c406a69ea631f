package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.ExtendedVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_srq_attr;
import io.verbena.ffi.verbs.ibv_srq_init_attr;
import io.verbena.ffi.verbs.ibv_srq_init_attr_ex;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Creates shared receive queues; the caller holds the lock. */
final class SharedReceiveQueueCreation {
  private SharedReceiveQueueCreation() {}

  static SharedReceiveQueue create(ProtectionDomain domain, int depth, int elements)
      throws VerbsException {
    check(depth, elements);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = ibv_srq_init_attr.allocate(arena);
      fill(ibv_srq_init_attr.attr(attributes), depth, elements);
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment handle = ErrnoCalls.createSrq(capture, domain.handle, attributes);
      if (handle.address() == 0) {
        throw refused("ibv_create_srq", depth, elements, ErrnoCalls.errno(capture));
      }
      SharedReceiveQueue shared = null;
      try {
        shared = new SharedReceiveQueue(domain, handle, depth, elements, null);
        return shared;
      } finally {
        if (shared == null) {
          Verbs.ibv_destroy_srq(handle);
        }
      }
    }
  }

  static SharedReceiveQueue create(
      ProtectionDomain domain, int depth, int elements, XrcDomain xrc, CompletionQueue queue)
      throws VerbsException {
    check(depth, elements);
    if (xrc.context() != domain.context() || queue.context() != domain.context()) {
      throw new IllegalArgumentException(
          "the XRC domain or the completion queue is of another context than the protection"
              + " domain");
    }
    xrc.requireOpen();
    queue.requireOpen();
    List<QueuePair> pairs = xrc.dependents(QueuePair.class).toList();
    pairs.forEach(pair -> queue.sources().requireFresh(pair.number()));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment handle =
          ExtendedVerbs.createSrqEx(
              capture,
              domain.context().handle,
              attributes(domain, depth, elements, xrc, queue, arena));
      if (handle.address() == 0) {
        throw refused("ibv_create_srq_ex", depth, elements, ErrnoCalls.errno(capture));
      }
      boolean created = false;
      try {
        int number = number(domain.context(), handle, arena);
        SharedReceiveQueue shared =
            new SharedReceiveQueue(
                domain, handle, depth, elements, new SharedReceiveQueue.Xrc(xrc, queue, number));
        shared.completesOn(queue);
        pairs.forEach(queue.sources()::attach);
        created = true;
        return shared;
      } finally {
        if (!created) {
          Verbs.ibv_destroy_srq(handle);
        }
      }
    }
  }

  private static MemorySegment attributes(
      ProtectionDomain domain,
      int depth,
      int elements,
      XrcDomain xrc,
      CompletionQueue queue,
      Arena arena) {
    MemorySegment attributes = ibv_srq_init_attr_ex.allocate(arena);
    fill(ibv_srq_init_attr_ex.attr(attributes), depth, elements);
    ibv_srq_init_attr_ex.comp_mask(
        attributes,
        Verbs.IBV_SRQ_INIT_ATTR_TYPE()
            | Verbs.IBV_SRQ_INIT_ATTR_PD()
            | Verbs.IBV_SRQ_INIT_ATTR_XRCD()
            | Verbs.IBV_SRQ_INIT_ATTR_CQ());
    ibv_srq_init_attr_ex.srq_type(attributes, Verbs.IBV_SRQT_XRC());
    ibv_srq_init_attr_ex.pd(attributes, domain.handle);
    ibv_srq_init_attr_ex.xrcd(attributes, xrc.handle);
    ibv_srq_init_attr_ex.cq(attributes, queue.handle);
    return attributes;
  }

  private static int number(Context context, MemorySegment handle, Arena arena)
      throws VerbsException {
    MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
    int result = ExtendedVerbs.getSrqNum(context.handle, handle, number);
    if (result != 0) {
      throw VerbsException.of("ibv_get_srq_num", context.device().name(), Math.abs(result));
    }
    return number.get(ValueLayout.JAVA_INT, 0);
  }

  private static void check(int depth, int elements) {
    if (depth < 1 || elements < 1) {
      throw new IllegalArgumentException(
          "a shared receive queue needs a depth and elements of at least 1, not "
              + depth
              + " and "
              + elements);
    }
  }

  private static void fill(MemorySegment attr, int depth, int elements) {
    ibv_srq_attr.max_wr(attr, depth);
    ibv_srq_attr.max_sge(attr, elements);
  }

  private static VerbsException refused(String verb, int depth, int elements, int errno) {
    return VerbsException.of(verb, "depth=" + depth + ", elements=" + elements, errno);
  }
}
