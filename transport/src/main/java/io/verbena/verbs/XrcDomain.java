package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.ExtendedVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_qp;
import io.verbena.ffi.verbs.ibv_qp_init_attr_ex;
import io.verbena.ffi.verbs.ibv_xrcd_init_attr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The receiving side of extended reliable connections (XRC): each of its queue pairs delivers to
 * any of its shared receive queues, as each message says, so that one connection reaches all of
 * them; stands for {@code struct ibv_xrcd}, see {@code man ibv_open_xrcd}.
 *
 * {@snippet :
 * XrcDomain xrc = context.openXrcDomain();
 * SharedReceiveQueue shared = domain.createSharedReceiveQueue(256, 1, xrc, receiveQueue);
 * QueuePair receiver = xrc.createQueuePair();              // shared.number() tells whom to send to
 *
 * QueuePair sender = domain.createQueuePair(QueuePairConfig.xrcSend(sendQueue));   // at the peer
 * sender.connect(receiverAddress);
 * sender.sends().toShared(number).signaled().send(1, region, 0, 16).submit();
 * }
 *
 * <p>Only adapters with {@link DeviceCapability#EXTENDED_RELIABLE} have it; the others refuse. This
 * was written from the specification and the library's sources; it has not run on an adapter that
 * has it. The domain belongs to this context alone: sharing it with other processes, by a file, is
 * not offered.
 *
 * <p>Threads: any. Ownership: by its {@link Context}; closing it closes its queue pairs and shared
 * receive queues.
 */
public final class XrcDomain extends NativeObject {
  /** {@code O_CREAT} of Linux: without a file, there is nothing to open but a new one. */
  private static final int CREATE = 0x40;

  private static final int NO_FILE = -1;

  private final Context context;

  XrcDomain(Context context, MemorySegment handle) {
    super(handle, context);
    this.context = context;
  }

  /** With the lock. */
  static XrcDomain open(Context context) throws VerbsException {
    requireXrc(context, "ibv_open_xrcd", context.device().name());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = ibv_xrcd_init_attr.allocate(arena);
      ibv_xrcd_init_attr.comp_mask(
          attributes, Verbs.IBV_XRCD_INIT_ATTR_FD() | Verbs.IBV_XRCD_INIT_ATTR_OFLAGS());
      ibv_xrcd_init_attr.fd(attributes, NO_FILE);
      ibv_xrcd_init_attr.oflags(attributes, CREATE);
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment handle = ExtendedVerbs.openXrcd(capture, context.handle, attributes);
      if (handle.address() == 0) {
        throw VerbsException.of(
            "ibv_open_xrcd", context.device().name(), ErrnoCalls.errno(capture));
      }
      return new XrcDomain(context, handle);
    }
  }

  /** Refuses what the device would refuse without a reason. */
  static void requireXrc(Context context, String verb, String arguments) throws VerbsException {
    if (!context.attributes().capabilities().contains(DeviceCapability.EXTENDED_RELIABLE)) {
      throw VerbsException.of(
          verb,
          arguments,
          Cures.EOPNOTSUPP,
          context.device().name()
              + " has no extended reliable connections (its capabilities lack "
              + DeviceCapability.EXTENDED_RELIABLE
              + "): use RELIABLE queue pairs that take from a shared receive queue");
    }
  }

  /**
   * The device that the domain is on.
   *
   * @return the owner
   */
  public Context context() {
    return context;
  }

  /**
   * Creates the receiving end of a connection, {@link QueuePairType#XRC_RECEIVE}, in {@link
   * QueuePairState#RESET}: it takes no requests and belongs to no protection domain; see {@code man
   * ibv_create_qp_ex}. Connect it to the peer's {@link QueuePairType#XRC_SEND}. What it receives
   * completes where its shared receive queue says, and names this queue pair.
   *
   * @return a queue pair to close after use
   * @throws VerbsException if the device refuses
   * @throws IllegalStateException if the domain is closed, or the device gave a number again whose
   *     receives were not all read yet
   */
  public QueuePair createQueuePair() throws VerbsException {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requireOpen();
      MemorySegment attributes = ibv_qp_init_attr_ex.allocate(arena);
      ibv_qp_init_attr_ex.qp_type(attributes, QueuePairType.XRC_RECEIVE.code());
      ibv_qp_init_attr_ex.comp_mask(attributes, Verbs.IBV_QP_INIT_ATTR_XRCD());
      ibv_qp_init_attr_ex.xrcd(attributes, handle);
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment created = ExtendedVerbs.createQpEx(capture, context.handle, attributes);
      if (created.address() == 0) {
        int errno = ErrnoCalls.errno(capture);
        throw VerbsException.of(
            "ibv_create_qp_ex", "type=XRC_RECEIVE", errno, Cures.ofReceivingXrc(errno));
      }
      QueuePair pair = null;
      try {
        for (CompletionSources sources : completionSources()) {
          sources.requireFresh(ibv_qp.qp_num(created));
        }
        pair = new QueuePair(this, created);
      } finally {
        if (pair == null) {
          Verbs.ibv_destroy_qp(created);
        }
      }
      for (CompletionSources sources : completionSources()) {
        sources.attach(pair);
      }
      return adopt(pair);
    } finally {
      lock.unlock();
    }
  }

  /** Where receives complete that come by a queue pair of this domain; with the lock. */
  List<CompletionSources> completionSources() {
    return dependents(SharedReceiveQueue.class)
        .flatMap(SharedReceiveQueue::completionQueues)
        .map(CompletionQueue::sources)
        .distinct()
        .toList();
  }

  @Override
  String description() {
    return "the XRC domain of " + context.device().name();
  }

  @Override
  @Nullable VerbsException destroy() {
    return destroyed("ibv_close_xrcd", ExtendedVerbs.closeXrcd(context.handle, handle));
  }
}
