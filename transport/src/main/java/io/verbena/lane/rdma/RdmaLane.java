package io.verbena.lane.rdma;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.lane.Frame;
import io.verbena.lane.Lane;
import io.verbena.lane.LaneEvents;
import io.verbena.lane.LaneFailure;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.ConnectOptions;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.SendBatch;
import io.verbena.verbs.VerbsException;
import io.verbena.verbs.WorkStatus;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Frames as sends into posted receives, one-sided operations as what they are. A TCP connection
 * beside the queue pair tells when the peer's process ends.
 *
 * <p>Receives are posted for every frame that the peer has credit for and some more, so that a send
 * never finds none.
 */
public final class RdmaLane implements Lane {
  /** Work request ids: the two highest bits tell frames from operations, whose id is the cookie. */
  private static final long SEND_ID = 1L << 62;

  private static final long RECEIVE_ID = 1L << 63;

  /**
   * How many polls pass before the TCP connection is looked at: a system call, so not each time.
   */
  private static final int POLLS_PER_PEER_CHECK = 1024;

  private static final long LARGEST_REQUEST = 1L << 30;

  /** The frame that proves a queue pair. */
  private static final byte PROBE = Frame.FIRST_LANE_TYPE;

  private static final long PROBE_STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  private static final LaneEvents NOTHING =
      new LaneEvents() {
        @Override
        public void frame(Frame header, ByteBuffer payload) {}

        @Override
        public void completed(long cookie, long result, @Nullable LaneFailure failure) {}

        @Override
        public void down(LaneFailure cause) {}
      };

  private final RdmaAdapter adapter;
  private final PeerWatch peer;
  private final int depth;
  private final int gidIndex;
  private final LaneResources resources;
  private final MemoryRegion region;
  private final CompletionQueue queue;
  private final QueuePair pair;
  private final Slots sends;
  private final Slots receives;
  private final OneSidedRequests oneSided;
  private final int[] freeSends = new int[LaneResources.SEND_SLOTS];
  private int freeSendCount;
  private final Frame frame = new Frame();
  private boolean probeReceived;
  private int pollsToPeerCheck = POLLS_PER_PEER_CHECK;
  private @Nullable LaneFailure failure;
  private boolean down;

  private RdmaLane(RdmaAdapter adapter, SocketChannel channel, int depth, LaneResources resources) {
    this.adapter = adapter;
    this.peer = new PeerWatch(channel);
    this.depth = depth;
    this.gidIndex = adapter.gidIndex(channel.socket().getLocalAddress());
    this.resources = resources;
    this.region = resources.region();
    this.queue = resources.queue();
    this.pair = resources.pair();
    this.sends = resources.sends();
    this.receives = resources.receives();
    this.oneSided =
        new OneSidedRequests(
            this,
            pair,
            region,
            resources.previousValuesAt(),
            Math.min(adapter.maxMessageBytes(), LARGEST_REQUEST));
    while (freeSendCount < sends.count()) {
      freeSends[freeSendCount] = freeSendCount++;
    }
  }

  /**
   * Creates a queue pair and its buffers.
   *
   * @param adapter stays open longer than the lane
   * @param channel the connected TCP socket beside the queue pair, closed with the lane
   * @param window DATA frames that the peer may send without credit
   * @param depth how many one-sided operations may be under way
   */
  public static RdmaLane create(RdmaAdapter adapter, SocketChannel channel, int window, int depth)
      throws VerbsException {
    return new RdmaLane(adapter, channel, depth, LaneResources.create(adapter, window, depth));
  }

  /** What the peer needs to connect to this lane. */
  public RdmaOffer offer() throws VerbsException {
    return new RdmaOffer(pair.address(adapter.port(), gidIndex), adapter.partitionKey());
  }

  /** Connects the queue pair and posts the receives; nothing has been sent yet. */
  public void connect(RdmaOffer remote) throws VerbsException {
    pair.connect(remote.address(), ConnectOptions.defaults().withPkeyIndex(adapter.pkeyIndex()));
    for (int slot = 0; slot < receives.count(); slot++) {
      repost(slot);
    }
    pair.receives().submit();
  }

  /**
   * Proves that a message gets through both ways: a queue pair that looks ready may still be cut
   * off, by a filtered UDP port or another partition.
   *
   * @return null, or why not
   */
  public @Nullable String probe(long deadlineNanos) {
    frame.type = PROBE;
    frame.length = 0;
    if (!trySend(frame, Unpooled.EMPTY_BUFFER, 0)) {
      return failure == null ? "the probe could not be sent" : failure.text();
    }
    while (!probeReceived || hasUnsent()) {
      drain(NOTHING, 1);
      if (failure != null) {
        return failure.text();
      }
      if (System.nanoTime() - deadlineNanos >= 0) {
        return "no message got through on %s port %d (partition keys, or UDP port 4791 filtered?)"
            .formatted(adapter.device(), adapter.port());
      }
      LockSupport.parkNanos(PROBE_STEP_NANOS);
    }
    return null;
  }

  @Override
  public int maxPayload() {
    return LaneResources.MAX_PAYLOAD;
  }

  @Override
  public long maxTransfer() {
    return Math.min(LARGEST_REQUEST, oneSided.largest() * depth);
  }

  @Override
  public boolean trySend(Frame header, ByteBuf payload, int index) {
    if (freeSendCount == 0 || !isUp()) {
      return false;
    }
    int slot = freeSends[freeSendCount - 1];
    ByteBuffer view = sends.view(slot);
    header.write(view, 0);
    int length = Frame.BYTES + header.length;
    payload.getBytes(index, view.limit(length).position(Frame.BYTES));
    view.clear();
    SendBatch batch = pair.sends().signaled();
    if (length <= pair.inlineBytes()) {
      batch.inline();
    }
    batch.send(SEND_ID | slot, region, sends.offset(slot), length);
    if (!submit(batch)) {
      return false;
    }
    freeSendCount--;
    return true;
  }

  @Override
  public boolean tryRead(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      long cookie) {
    return failure == null
        && oneSided.read(local, localOffset, remote, remoteOffset, length, cookie, freeSendCount);
  }

  @Override
  public boolean tryWrite(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      long cookie) {
    return failure == null
        && oneSided.write(local, localOffset, remote, remoteOffset, length, cookie, freeSendCount);
  }

  @Override
  public boolean tryFetchAdd(RemoteMemory remote, long remoteOffset, long delta, long cookie) {
    return isUp() && oneSided.fetchAdd(remote, remoteOffset, delta, cookie, freeSendCount);
  }

  @Override
  public boolean tryCompareSwap(
      RemoteMemory remote, long remoteOffset, long expected, long desired, long cookie) {
    return failure == null
        && oneSided.compareSwap(remote, remoteOffset, expected, desired, cookie, freeSendCount);
  }

  private boolean isUp() {
    return !down && failure == null;
  }

  /** Rings the doorbell; a refusal of the device is the end of the lane. */
  boolean submit(SendBatch batch) {
    try {
      return batch.submit();
    } catch (VerbsException e) {
      failure = new LaneFailure(LaneFailure.Kind.NETWORK, String.valueOf(e.getMessage()));
      return false;
    }
  }

  @Override
  public int poll(LaneEvents events, int limit) {
    if (down) {
      return 0;
    }
    int delivered = drain(events, limit);
    if (delivered == 0 && --pollsToPeerCheck <= 0) {
      pollsToPeerCheck = POLLS_PER_PEER_CHECK;
      // What the peer sent before it went is in the queue by now: it waits for its completions.
      if (failure == null && peer.ended()) {
        delivered = drain(events, limit);
        if (delivered == 0) {
          failure =
              new LaneFailure(
                  LaneFailure.Kind.PEER_LOST, "the peer's process ended or closed the connection");
        } else {
          pollsToPeerCheck = 0;
        }
      }
    }
    if (failure != null) {
      down = true;
      // Before anybody hears of it: a dead queue pair does not touch the operations' memory.
      resources.close();
      events.down(failure);
    }
    return delivered;
  }

  /** Delivers completions, a cursor's worth at a time. */
  private int drain(LaneEvents events, int limit) {
    int delivered = 0;
    try {
      while (delivered < limit) {
        Completions done = queue.poll();
        int before = delivered;
        while (done.next()) {
          handle(done, events);
          delivered++;
        }
        if (delivered == before) {
          break;
        }
        pair.receives().submit();
      }
    } catch (VerbsException e) {
      failure = new LaneFailure(LaneFailure.Kind.NETWORK, String.valueOf(e.getMessage()));
    }
    return delivered;
  }

  private void handle(Completions done, LaneEvents events) {
    long id = done.id();
    if (!done.succeeded()) {
      failed(id, done, events);
    } else if ((id & RECEIVE_ID) != 0) {
      received((int) id, done.byteCount(), events);
    } else if ((id & SEND_ID) != 0) {
      freeSends[freeSendCount++] = (int) id;
    } else {
      events.completed(id, oneSided.result(id, done.kind()), null);
    }
  }

  private void received(int slot, int bytes, LaneEvents events) {
    ByteBuffer view = receives.view(slot);
    if (bytes < Frame.BYTES
        || !frame.read(view, 0, LaneResources.MAX_PAYLOAD)
        || frame.length != bytes - Frame.BYTES) {
      fail(LaneFailure.Kind.PROTOCOL, "the peer sent a malformed frame");
    } else if (frame.type == PROBE) {
      probeReceived = true;
    } else {
      view.limit(bytes).position(Frame.BYTES);
      events.frame(frame, view);
    }
    view.clear();
    repost(slot);
  }

  private void repost(int slot) {
    pair.receives()
        .receive(RECEIVE_ID | slot, region, receives.offset(slot), LaneResources.SLOT_BYTES);
  }

  private void failed(long id, Completions done, LaneEvents events) {
    WorkStatus status = done.status();
    LaneFailure.Kind kind =
        switch (status) {
          case REMOTE_ACCESS_ERROR, REMOTE_INVALID_REQUEST, REMOTE_OPERATION_ERROR ->
              LaneFailure.Kind.REMOTE_ACCESS;
          case LOCAL_PROTECTION_ERROR, LOCAL_QP_ERROR, LOCAL_LENGTH_ERROR ->
              LaneFailure.Kind.LOCAL_ACCESS;
          case RETRY_EXCEEDED, RNR_RETRY_EXCEEDED -> LaneFailure.Kind.PEER_LOST;
          default -> LaneFailure.Kind.NETWORK;
        };
    fail(kind, String.valueOf(done.failure().getMessage()));
    boolean operation = (id & (SEND_ID | RECEIVE_ID)) == 0;
    if (operation && failure != null) {
      events.completed(id, 0, failure);
    }
  }

  /** The first failure is the cause; what is flushed behind it only follows. */
  private void fail(LaneFailure.Kind kind, String text) {
    if (failure == null) {
      failure = new LaneFailure(kind, text);
    }
  }

  /** Asks for a word on the completion channel when there is something to poll. */
  public void arm() {
    if (!isUp()) {
      return;
    }
    pollsToPeerCheck = 0;
    try {
      queue.arm(false);
    } catch (VerbsException e) {
      fail(LaneFailure.Kind.NETWORK, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public boolean hasUnsent() {
    return freeSendCount < sends.count() && isUp();
  }

  @Override
  public void shutdownOutput() {
    peer.shutdownOutput();
  }

  @Override
  public boolean peerEnded() {
    return peer.ended();
  }

  @Override
  public void close() {
    down = true;
    peer.close();
    releaseVerbs();
  }

  /** Frees the queue pair and its memory, and leaves the TCP connection for another lane. */
  public void releaseVerbs() {
    down = true;
    resources.close();
  }
}
