package io.verbena.lane.rdma;

import io.netty.buffer.ByteBuf;
import io.verbena.lane.Frame;
import io.verbena.lane.Lane;
import io.verbena.lane.LaneEvents;
import io.verbena.lane.LaneFailure;
import io.verbena.lane.LaneLock;
import io.verbena.memory.BufferRanges;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import io.verbena.verbs.ConnectOptions;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairTransition;
import io.verbena.verbs.SendBatch;
import io.verbena.verbs.VerbsException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames as sends into shared receives, one-sided operations as what they are, long messages read
 * by their receiver. A TCP connection beside the queue pair tells when the peer's process ends.
 *
 * <p>Short frames travel inline and say rarely that they are done; longer ones hold a send slot
 * until they are. The hub's lock guards every call but {@link #connect} and {@link #probe}.
 */
public final class RdmaLane implements Lane {
  private static final Logger LOG = LoggerFactory.getLogger(RdmaLane.class);

  /** Longest message that is copied, see decision 6. */
  private static final int EAGER_BYTES = 2 * LaneMemory.MAX_PAYLOAD;

  private static final long LARGEST_REQUEST = 1L << 30;

  /**
   * 41 ms. Receives run out only if some peer breaks the protocol: the others that share them wait
   * until it has been cut off.
   */
  private static final int PATIENT_RNR_TIMER = 24;

  /** Looks at the completion queue in a row, in {@link #pollAMoment}: each costs little. */
  private static final int LOOKS_IN_A_MOMENT = 16;

  private final RdmaHub hub;
  private final RdmaPath path;
  private final LaneGroup group;
  private final LaneGroup.Member member;
  private final LaneMemory memory;
  private final QueuePair pair;
  private final PeerWatch peer;
  private final FrameSender frames;
  private final OneSidedRequests oneSided;
  private final Pulls pulls;
  final LaneDeliveries deliveries;

  private boolean connected;
  private @Nullable LaneFailure failure;
  private boolean down;
  private boolean closed;

  // The group's.
  boolean isTouched;
  boolean isStarved;
  int slotsHeld;

  private RdmaLane(RdmaPath path, SocketChannel channel, LaneGroup group, LaneGroup.Member member) {
    this.hub = path.adapter().hub();
    this.path = path;
    this.group = group;
    this.member = member;
    this.memory = group.memory;
    this.pair = member.pair();
    this.peer = new PeerWatch(channel, hub.scratch);
    this.frames = new FrameSender(this, group, pair);
    long largest = Math.min(path.maxMessageBytes(), LARGEST_REQUEST);
    this.oneSided =
        new OneSidedRequests(this, pair, memory.region, memory.wordsAt(member.place()), largest);
    this.pulls = new Pulls(this, hub, largest);
    this.deliveries = new LaneDeliveries(this, group, member.receives(), frames, oneSided, pulls);
  }

  /**
   * Creates a queue pair and sets its receives aside.
   *
   * @param path what it starts from, whose adapter stays open longer than the lane
   * @param channel the connected TCP socket beside the queue pair, closed with the lane; it must
   *     not block any more when the lane is polled
   * @param window DATA frames that the peer may send without credit
   * @param depth how many one-sided operations may be under way
   */
  public static RdmaLane create(RdmaPath path, SocketChannel channel, int window, int depth)
      throws VerbsException {
    RdmaHub hub = path.adapter().hub();
    hub.lock().lock();
    try {
      int receives = window + LaneGroup.UNCREDITED;
      LaneGroup group = hub.group(receives, depth);
      LaneGroup.Member member = group.join(receives);
      var lane = new RdmaLane(path, channel, group, member);
      group.add(lane, member);
      group.settle(null);
      return lane;
    } finally {
      hub.lock().unlock();
    }
  }

  /** The lock that guards this lane, and all others on the adapter. */
  public LaneLock lock() {
    return hub.lock();
  }

  /** What the peer needs to connect to this lane. */
  public RdmaOffer offer() throws VerbsException {
    return new RdmaOffer(pair.address(path.port(), path.gidIndex()), path.pkey());
  }

  /** Connects the queue pair; nothing has been sent yet. */
  public void connect(RdmaOffer remote) throws VerbsException {
    pair.connect(
        remote.address(),
        ConnectOptions.defaults()
            .withPkeyIndex(path.pkeyIndex())
            .withMinRnrTimer(PATIENT_RNR_TIMER));
    connected = true;
  }

  /** Proves that a message gets through both ways; returns null, or why not. */
  public @Nullable String probe(long deadlineNanos) {
    return new LaneProbe(this, group, peer).run(deadlineNanos);
  }

  @Override
  public ProtectionDomain protectionDomain() {
    return path.adapter().domain();
  }

  @Override
  public int maxPayload() {
    return LaneMemory.MAX_PAYLOAD;
  }

  @Override
  public long maxTransfer() {
    return Math.min(LARGEST_REQUEST, oneSided.largest() * LaneGroup.OPERATION_DEPTH);
  }

  @Override
  public int eagerBytes() {
    return hub.messages.buffers() == null ? Integer.MAX_VALUE : EAGER_BYTES;
  }

  @Override
  public boolean trySend(Frame header, ByteBuf payload, int index) {
    return isUp() && frames.trySend(header, payload, index);
  }

  @Override
  public @Nullable ByteBuf pullable(ByteBuf message) {
    return hub.messages.pullable(message, this);
  }

  @Override
  public boolean tryAdvertise(Frame header, ByteBuf message) {
    BufferRanges pieces = hub.messages.piecesOf(message);
    return isUp() && frames.tryAdvertise(header, pieces);
  }

  @Override
  public boolean isAdvertisement(ByteBuffer payload, long length) {
    return Advertisement.isValid(payload, length);
  }

  @Override
  public boolean tryPull(ByteBuf target, ByteBuffer payload, long cookie) {
    return isUp() && pulls.start(target, payload, cookie);
  }

  @Override
  public boolean tryRead(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      long cookie) {
    return isUp() && oneSided.read(local, localOffset, remote, remoteOffset, length, cookie);
  }

  @Override
  public boolean tryWrite(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      boolean notifies,
      long cookie) {
    // A write that fails is the end of the queue pair: no NOTIFY comes after it.
    return isUp() && oneSided.write(local, localOffset, remote, remoteOffset, length, cookie);
  }

  @Override
  public boolean tryFetchAdd(RemoteMemory remote, long remoteOffset, long delta, long cookie) {
    return isUp() && oneSided.fetchAdd(remote, remoteOffset, delta, cookie);
  }

  @Override
  public boolean tryCompareSwap(
      RemoteMemory remote, long remoteOffset, long expected, long desired, long cookie) {
    return isUp() && oneSided.compareSwap(remote, remoteOffset, expected, desired, cookie);
  }

  boolean isUp() {
    return !down && failure == null;
  }

  QueuePair queuePair() {
    return pair;
  }

  SendBatch sends() {
    return pair.sends();
  }

  /** Requests that may be posted beside those that are left for frames. */
  int roomForOperations() {
    return pair.sends().free() - LaneGroup.FRAME_DEPTH;
  }

  /** Rings the doorbell; a refusal of the device is the end of the lane. */
  boolean submit(SendBatch batch) {
    try {
      return batch.submit();
    } catch (VerbsException e) {
      fail(LaneFailure.Kind.NETWORK, String.valueOf(e.getMessage()));
      return false;
    }
  }

  @Override
  public int poll(LaneEvents sink, int limit) {
    return poll(sink, limit, 1);
  }

  @Override
  public int pollAMoment(LaneEvents sink, int limit) {
    return poll(sink, limit, LOOKS_IN_A_MOMENT);
  }

  private int poll(LaneEvents sink, int limit, int looks) {
    if (down) {
      return 0;
    }
    long before = deliveries.count();
    boolean first = !deliveries.hasSink();
    deliveries.to(sink);
    if (first) {
      start();
    }
    int delivered = group.poll(limit);
    for (int look = 1; delivered == 0 && look < looks; look++) {
      delivered = group.poll(limit);
    }
    if (delivered == 0) {
      hub.polledInVain(this);
    }
    group.settle(this);
    return (int) (deliveries.count() - before);
  }

  /** Delivers what came before somebody wanted it. */
  private void start() {
    peer.watch(hub.selector(), this);
    deliveries.deliverEarly();
    group.submitReceives();
    if (failure != null) {
      group.touch(this);
    }
  }

  /** The first failure is the cause; what is flushed behind it only follows. */
  void fail(LaneFailure.Kind kind, String text) {
    if (failure == null) {
      failure = new LaneFailure(kind, text);
      group.touch(this);
      // Outside of a poll nobody else settles it, nor those that get its slots, for a while.
      hub.wakeup();
    }
  }

  /**
   * Tells the endpoint of what has happened.
   *
   * @param asked it polls and knows already
   */
  void settle(boolean asked) {
    if (!deliveries.hasSink() || down) {
      return;
    }
    LaneFailure cause = failure;
    if (cause != null) {
      // Before anybody hears of it: a dead queue pair does not touch the operations' memory.
      releaseVerbs();
    }
    deliveries.settle(cause, asked);
  }

  @Nullable LaneFailure failure() {
    return failure;
  }

  /** Whether the peer has ended its side of the TCP connection. */
  boolean watchedPeerEnded() {
    if (!peer.ended()) {
      if (peer.hasTalked()) {
        fail(LaneFailure.Kind.PROTOCOL, "the peer sent bytes beside the queue pair");
      }
      return false;
    }
    deliveries.mark();
    return true;
  }

  /** Of a lane whose peer has ended: whether nothing more comes. Then the lane has failed. */
  boolean isOver() {
    if (closed) {
      return true;
    }
    if (deliveries.hasMoreThanMarked()) {
      return false;
    }
    fail(LaneFailure.Kind.PEER_LOST, "the peer's process ended or closed the connection");
    return true;
  }

  @Override
  public boolean hasUnsent() {
    return frames.hasUnsent() && isUp();
  }

  @Override
  public void shutdownOutput() {
    peer.shutdownOutput();
  }

  @Override
  public boolean peerEnded() {
    return peer.ended();
  }

  boolean isClosed() {
    return closed;
  }

  /** From here on nothing is sent, and what is outstanding fails. */
  void stopSending() {
    if (connected && pair.isOpen()) {
      try {
        pair.modify(new QueuePairTransition.ToError());
      } catch (VerbsException | IllegalStateException e) {
        LOG.debug("{} is closed as it is", pair, e);
      }
    }
  }

  @Override
  public void close() {
    lock().lock();
    try {
      releaseVerbs();
      peer.close();
      hub.forgetClosed();
    } finally {
      lock().unlock();
    }
  }

  /** Frees the queue pair, and leaves the TCP connection for another lane. */
  public void releaseVerbs() {
    lock().lock();
    try {
      down = true;
      if (closed) {
        return;
      }
      closed = true;
      deliveries.dropEarly();
      group.submitReceives();
      group.leave(this, member);
      pulls.clear();
      group.settle(null);
    } finally {
      lock().unlock();
    }
  }
}
