package io.verbena.verbs;

import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_qp;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection: a send queue and a receive queue; stands for {@code struct ibv_qp}, see
 * {@code man ibv_create_qp} and {@code man ibv_modify_qp}.
 *
 * {@snippet :
 * QueuePairAddress mine = pair.address(1, gidIndex);   // give it to the peer, get the peer's
 * pair.receives().receive(1, region, 0, 4096).submit();
 * pair.connect(theirs);
 * pair.sends().signaled().send(2, region, 4096, 16).submit();
 * }
 *
 * <p>When a request fails, the queue pair goes to {@link QueuePairState#ERR} and everything queued
 * completes with {@link WorkStatus#FLUSHED}: close it and make a new one, or reset it.
 *
 * <p>Threads: any; {@link #sends} and {@link #receives} each serve one thread at a time. Ownership:
 * by its {@link ProtectionDomain}, and closed with its completion queues too; closes the memory
 * windows of type 2 that are bound to it. Closing it with requests in flight ends them: their
 * completions are not reported any more.
 */
public final class QueuePair extends QueuePairPeers {
  private final Context context;
  private final QueuePairType type;

  /** All but the receiving end of XRC have these two. */
  private final @Nullable ProtectionDomain domain;

  private final @Nullable QueuePairConfig config;

  /** Of the receiving end of XRC only. */
  private final @Nullable XrcDomain xrc;

  private final int number;
  private final int inlineBytes;
  private final boolean extended;
  private final WorkRing sendRing;
  private final WorkRing receiveRing;
  private final @Nullable SendBatch sends;
  private final @Nullable ReceiveBatch receives;

  QueuePair(
      ProtectionDomain domain,
      QueuePairConfig config,
      MemorySegment handle,
      int inlineBytes,
      boolean extended) {
    super(handle, owners(domain, config));
    this.context = domain.context();
    this.type = config.type();
    this.domain = domain;
    this.config = config;
    this.xrc = null;
    this.number = ibv_qp.qp_num(handle);
    this.inlineBytes = inlineBytes;
    this.extended = extended;
    int tag = context.nextTag();
    this.sendRing = new WorkRing(config.sendDepth(), tag);
    this.receiveRing = new WorkRing(config.receiveDepth(), tag);
    this.sends = new SendBatch(this, sendRing, config.sendElements(), inlineBytes);
    this.receives =
        config.sharedReceiveQueue() != null || type == QueuePairType.XRC_SEND
            ? null
            : new ReceiveBatch(this, receiveRing, config.receiveElements());
    sends.shut();
    context.addresses().opened(this);
  }

  /** The receiving end of XRC. */
  QueuePair(XrcDomain xrc, MemorySegment handle) {
    super(handle, xrc);
    this.context = xrc.context();
    this.type = QueuePairType.XRC_RECEIVE;
    this.domain = null;
    this.config = null;
    this.xrc = xrc;
    this.number = ibv_qp.qp_num(handle);
    this.inlineBytes = 0;
    this.extended = false;
    this.sendRing = new WorkRing(0, 0);
    this.receiveRing = sendRing;
    this.sends = null;
    this.receives = null;
    context.addresses().opened(this);
  }

  private static NativeObject[] owners(ProtectionDomain domain, QueuePairConfig config) {
    return Stream.of(domain, config.sendQueue(), config.receiveQueue(), config.sharedReceiveQueue())
        .filter(Objects::nonNull)
        .toArray(NativeObject[]::new);
  }

  /**
   * The domain whose memory the queue pair reaches.
   *
   * @return the owner
   * @throws IllegalStateException if it is {@link QueuePairType#XRC_RECEIVE}, which reaches the
   *     memory that its shared receive queues reach
   */
  @Override
  public ProtectionDomain domain() {
    ProtectionDomain present = domain;
    if (present == null) {
      throw new IllegalStateException(
          description() + " has no protection domain: that of the shared receive queue counts");
    }
    return present;
  }

  @Override
  Context context() {
    return context;
  }

  /**
   * The service.
   *
   * @return the type that it was created with
   */
  @Override
  public QueuePairType type() {
    return type;
  }

  /**
   * The number that the adapter gave to the queue pair.
   *
   * @return 24 bits
   */
  @Override
  public int number() {
    return number;
  }

  /**
   * Where receives are posted instead of to the queue pair.
   *
   * @return empty if the queue pair has receives of its own
   */
  public Optional<SharedReceiveQueue> sharedReceiveQueue() {
    return Optional.ofNullable(config == null ? null : config.sharedReceiveQueue());
  }

  /**
   * The requests of the send queue that may be outstanding.
   *
   * @return as many as were asked for, even if the device has room for more
   */
  public int sendDepth() {
    return config == null ? 0 : config.sendDepth();
  }

  /**
   * The receives that may be outstanding.
   *
   * @return as many as were asked for, even if the device has room for more
   */
  public int receiveDepth() {
    return config == null ? 0 : config.receiveDepth();
  }

  /**
   * The longest message that {@link SendBatch#inline} takes, as granted by the device.
   *
   * @return bytes, at least as many as were asked for
   */
  public int inlineBytes() {
    return inlineBytes;
  }

  /**
   * Sends, writes, reads and atomics.
   *
   * @return the queue pair's one batch
   * @throws IllegalStateException if it is {@link QueuePairType#XRC_RECEIVE}
   */
  public SendBatch sends() {
    SendBatch batch = sends;
    if (batch == null) {
      throw new IllegalStateException(
          description() + " is XRC_RECEIVE and only receives: send by an XRC_SEND one");
    }
    return batch;
  }

  /**
   * Receives.
   *
   * @return the queue pair's one batch
   * @throws IllegalStateException if receives are posted to a shared receive queue, or the type is
   *     one of XRC
   */
  public ReceiveBatch receives() {
    ReceiveBatch batch = receives;
    if (batch == null) {
      throw new IllegalStateException(
          description()
              + " has no receives of its own: "
              + (type.isXrc()
                  ? "with XRC, post them to a shared receive queue of the XrcDomain"
                  : "post them to its shared receive queue"));
    }
    return batch;
  }

  /** Whether it was created for {@code ibv_wr_*}. */
  boolean isExtended() {
    return extended;
  }

  WorkRing ring(boolean receive) {
    return receive ? receiveRing : sendRing;
  }

  /** Completions that the device has made already stay in the queues until somebody polls. */
  private void forgetOutstanding(QueuePairConfig config) {
    config.sendQueue().sources().leave(sendRing.outstanding());
    config.receiveQueue().sources().leave(receiveRing.outstanding());
  }

  @Override
  void knowMtu(int bytes) {
    if (type == QueuePairType.DATAGRAM && sends != null) {
      sends.longestDatagram = bytes;
    }
  }

  @Override
  void startOver() {
    if (config == null) {
      return;
    }
    int tag = context.nextTag();
    sendRing.reset(tag, config.sendQueue().sources().room());
    receiveRing.reset(tag, config.receiveQueue().sources().room());
  }

  @Override
  void reopen(boolean sendsToo) {
    if (sendsToo && sends != null) {
      sends.reopen();
    }
    if (receives != null) {
      receives.reopen();
    }
  }

  /** Whether a request of the send queue is certain to have been carried out. */
  boolean hasSucceeded(long request) {
    return sendRing.hasSucceeded(request);
  }

  /** Whether a request of the send queue is over, and not certain to have been carried out. */
  boolean mayHaveFailed(long request) {
    return sendRing.mayHaveFailed(request);
  }

  boolean sharesReceives() {
    return config == null || config.sharedReceiveQueue() != null;
  }

  @Override
  UseGuard[] guards() {
    return Stream.of(sends, receives).filter(Objects::nonNull).toArray(UseGuard[]::new);
  }

  @Override
  @Nullable VerbsException destroy() {
    // Destroying ends what is in flight: once it returns, the adapter touches no memory for this
    // queue pair any more. Going to ERR first would only make completions that nobody can get.
    List<VerbsException> failures = new ArrayList<>();
    try {
      leaveGroups();
    } catch (VerbsException e) {
      failures.add(e);
    }
    // A window that is bound to the queue pair keeps it: soft-RoCE waits for it for 50 s.
    if (domain != null) {
      for (MemoryWindow window : domain.dependents(MemoryWindow.class).toList()) {
        if (window.mayBeBoundTo(this)) {
          window.release(failures);
        }
      }
    }
    VerbsException failure = destroyed("ibv_destroy_qp", Verbs.ibv_destroy_qp(handle));
    if (xrc != null) {
      xrc.completionSources().forEach(sources -> sources.detach(this));
    }
    if (config != null) {
      config.sendQueue().sources().detach(this);
      config.receiveQueue().sources().detach(this);
    }
    if (failure != null) {
      failures.addFirst(failure);
      return first(failures);
    }
    context.addresses().closed(this);
    if (config != null) {
      forgetOutstanding(config);
      config.sendQueue().sources().unreserve(config.sendDepth());
      config.receiveQueue().sources().unreserve(config.receiveDepth());
    }
    return first(failures);
  }

  @Override
  String description() {
    return "the queue pair " + number + " on " + context.device().name();
  }
}
