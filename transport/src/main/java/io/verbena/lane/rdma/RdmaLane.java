package io.verbena.lane.rdma;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.cause.Cause;
import io.verbena.lane.Frame;
import io.verbena.lane.Lane;
import io.verbena.lane.LaneEvents;
import io.verbena.lane.LaneFailure;
import io.verbena.lane.LaneLock;
import io.verbena.memory.OutOfRegisteredMemoryException;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import io.verbena.verbs.Completions;
import io.verbena.verbs.ConnectOptions;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairTransition;
import io.verbena.verbs.SendBatch;
import io.verbena.verbs.VerbsException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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
  /** Work request ids: the two highest bits tell frames and pulls from one-sided operations. */
  static final long FRAME_ID = 1L << 63;

  static final long PULL_ID = 1L << 62;

  /** The frame that proves a queue pair. */
  static final byte PROBE = Frame.FIRST_LANE_TYPE;

  private static final Logger LOG = LoggerFactory.getLogger(RdmaLane.class);

  /** Longest message that is copied, see decision 6. */
  private static final int EAGER_BYTES = 2 * LaneMemory.MAX_PAYLOAD;

  private static final String UNREGISTERED =
      "memory for messages could not be registered: " + Cause.LOCKED_MEMORY.cure();

  private static final long LARGEST_REQUEST = 1L << 30;

  /**
   * 41 ms. Receives run out only if some peer breaks the protocol: the others that share them wait
   * until it has been cut off.
   */
  private static final int PATIENT_RNR_TIMER = 24;

  /** Looks at the completion queue in a row, in {@link #pollAMoment}: each costs little. */
  private static final int LOOKS_IN_A_MOMENT = 16;

  private static final long PROBE_STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  private final RdmaHub hub;
  private final RdmaPath path;
  private final LaneGroup group;
  private final LaneGroup.Member member;
  private final LaneMemory memory;
  private final QueuePair pair;
  private final PeerWatch peer;
  private final FrameSender frames;
  private final EarlyFrames early;
  private final OneSidedRequests oneSided;
  private final Pulls pulls;

  /** Who hears of what happens; null before the first poll. */
  private @Nullable LaneEvents events;

  private long eventCount;
  private long eventsAtPeersEnd;
  private boolean connected;
  private boolean probeReceived;
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
    this.early = new EarlyFrames(group, member.receives());
    long largest = Math.min(path.maxMessageBytes(), LARGEST_REQUEST);
    this.oneSided =
        new OneSidedRequests(this, pair, memory.region, memory.wordsAt(member.place()), largest);
    this.pulls = new Pulls(this, hub.sparePulls, largest);
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

  /**
   * Proves that a message gets through both ways: a queue pair that looks ready may still be cut
   * off, by a filtered UDP port or another partition.
   *
   * @return null, or why not
   */
  public @Nullable String probe(long deadlineNanos) {
    if (!sendProbe()) {
      return failure == null ? "the probe could not be sent" : failure.text();
    }
    while (!isProven()) {
      LaneFailure cause = failure;
      if (cause != null) {
        return cause.text();
      }
      if (System.nanoTime() - deadlineNanos >= 0) {
        return "no message got through in time";
      }
      if (!peer.isOpen()) {
        return "the connection was closed";
      }
      if (Thread.currentThread().isInterrupted()) {
        return "the connecting thread was interrupted";
      }
      LockSupport.parkNanos(PROBE_STEP_NANOS);
    }
    return null;
  }

  private boolean sendProbe() {
    var frame = new Frame();
    frame.type = PROBE;
    lock().lock();
    try {
      return trySend(frame, Unpooled.EMPTY_BUFFER, 0);
    } finally {
      lock().unlock();
    }
  }

  private boolean isProven() {
    lock().lock();
    try {
      group.poll(1);
      group.settle(null);
      return failure == null && probeReceived && !hasUnsent();
    } finally {
      lock().unlock();
    }
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
    return hub.buffers() == null ? Integer.MAX_VALUE : EAGER_BYTES;
  }

  @Override
  public boolean trySend(Frame header, ByteBuf payload, int index) {
    return isUp() && frames.trySend(header, payload, index);
  }

  @Override
  public @Nullable ByteBuf pullable(ByteBuf message) {
    RegisteredByteBufAllocator buffers = hub.buffers();
    if (buffers == null) {
      return null;
    }
    if (hub.locate(message)) {
      return message;
    }
    message.retain();
    boolean taken = false;
    try {
      ByteBuf copy = buffers.register(message, hub.ranges);
      taken = true;
      if (hub.locate(copy)) {
        return copy;
      }
      copy.release();
      fail(LaneFailure.Kind.LOCAL_ACCESS, UNREGISTERED);
      return null;
    } catch (OutOfRegisteredMemoryException e) {
      LOG.debug("A message waits until there is memory for its copy", e);
      return null;
    } finally {
      if (!taken) {
        message.release();
      }
    }
  }

  @Override
  public boolean tryAdvertise(Frame header, ByteBuf message) {
    if (!hub.locate(message)) {
      throw new IllegalArgumentException("the message is not in registered memory");
    }
    return isUp() && frames.tryAdvertise(header, hub.ranges);
  }

  @Override
  public boolean isAdvertisement(ByteBuffer payload, long length) {
    return Advertisement.isValid(payload, length);
  }

  @Override
  public boolean tryPull(ByteBuf target, ByteBuffer payload, long cookie) {
    if (!isUp()) {
      return false;
    }
    RegisteredByteBufAllocator buffers = hub.buffers();
    MemoryRegion region = buffers == null ? null : buffers.regionOf(target);
    if (region == null) {
      fail(LaneFailure.Kind.LOCAL_ACCESS, UNREGISTERED);
      return false;
    }
    long offset = target.memoryAddress() + target.writerIndex() - region.address();
    return pulls.start(cookie, region, offset, payload);
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
      long cookie) {
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

  private boolean isUp() {
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
    long before = eventCount;
    if (events == null) {
      start(sink);
    } else {
      events = sink;
    }
    int delivered = group.poll(limit);
    for (int look = 1; delivered == 0 && look < looks; look++) {
      delivered = group.poll(limit);
    }
    if (delivered == 0) {
      hub.polledInVain(this);
    }
    group.settle(this);
    return (int) (eventCount - before);
  }

  /** Delivers what came before somebody wanted it. */
  private void start(LaneEvents sink) {
    events = sink;
    peer.watch(hub.selector(), this);
    early.deliver(this);
    group.submitReceives();
    if (failure != null) {
      group.touch(this);
    }
  }

  /** Whether somebody wants to hear of frames. */
  boolean hasEvents() {
    return events != null;
  }

  /** Keeps a frame for the first poll; its slot is not filled again before. */
  void keep(int slot, int bytes) {
    if (!early.add(slot, bytes)) {
      fail(LaneFailure.Kind.PROTOCOL, "the peer sent more frames than it has credit for");
      group.drop(slot);
    }
  }

  /** A frame came. */
  void received(Frame frame, ByteBuffer payload) {
    eventCount++;
    LaneEvents sink = events;
    if (frame.type == PROBE) {
      probeReceived = true;
    } else if (sink != null && isUp()) {
      try {
        sink.frame(frame, payload);
      } catch (RuntimeException | Error e) {
        broken(e);
      }
    }
  }

  /** A request has ended, in one way or the other. */
  void ended(Completions done) {
    eventCount++;
    long id = done.id();
    if ((id & FRAME_ID) != 0) {
      frames.ended((int) id, done.succeeded());
      if (!done.succeeded()) {
        failed(done);
      }
      return;
    }
    long cookie = id & ~PULL_ID;
    LaneFailure cause = null;
    long result = 0;
    if (!done.succeeded()) {
      failed(done);
      cause = failure;
    } else if ((id & PULL_ID) != 0) {
      if (!pulls.advanced(cookie)) {
        pulls.proceed();
        return;
      }
    } else {
      result = oneSided.result(id, done.kind());
    }
    if (cause == null) {
      pulls.proceed();
    }
    LaneEvents sink = events;
    if (sink != null) {
      try {
        sink.completed(cookie, result, cause);
      } catch (RuntimeException | Error e) {
        broken(e);
      }
    }
  }

  /** What goes wrong above ends this lane, not the others that are served by the same thread. */
  private void broken(Throwable e) {
    LOG.error("An endpoint on {} failed", pair, e);
    fail(LaneFailure.Kind.PROTOCOL, "the endpoint failed: " + e);
  }

  void failed(Completions done) {
    LaneFailure.Kind kind =
        switch (done.status()) {
          case REMOTE_ACCESS_ERROR, REMOTE_INVALID_REQUEST, REMOTE_OPERATION_ERROR ->
              LaneFailure.Kind.REMOTE_ACCESS;
          case LOCAL_PROTECTION_ERROR, LOCAL_QP_ERROR, LOCAL_LENGTH_ERROR ->
              LaneFailure.Kind.LOCAL_ACCESS;
          case RETRY_EXCEEDED, RNR_RETRY_EXCEEDED -> LaneFailure.Kind.PEER_LOST;
          default -> LaneFailure.Kind.NETWORK;
        };
    fail(kind, String.valueOf(done.failure().getMessage()));
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
    LaneEvents sink = events;
    if (sink == null || down) {
      return;
    }
    LaneFailure cause = failure;
    if (cause != null) {
      // Before anybody hears of it: a dead queue pair does not touch the operations' memory.
      releaseVerbs();
    }
    try {
      if (cause != null) {
        sink.down(cause);
      }
      if (!asked) {
        sink.settled();
      }
    } catch (RuntimeException | Error e) {
      broken(e);
    }
  }

  /** Whether the peer has ended its side of the TCP connection. */
  boolean watchedPeerEnded() {
    if (!peer.ended()) {
      if (peer.hasTalked()) {
        fail(LaneFailure.Kind.PROTOCOL, "the peer sent bytes beside the queue pair");
      }
      return false;
    }
    eventsAtPeersEnd = eventCount;
    return true;
  }

  /** Of a lane whose peer has ended: whether nothing more comes. Then the lane has failed. */
  boolean isOver() {
    if (closed) {
      return true;
    }
    if (eventCount != eventsAtPeersEnd) {
      eventsAtPeersEnd = eventCount;
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
      early.drop();
      group.submitReceives();
      group.leave(this, member);
      pulls.clear();
      group.settle(null);
    } finally {
      lock().unlock();
    }
  }
}
