package io.verbena.lane.tcp;

import io.netty.buffer.ByteBuf;
import io.verbena.lane.Frame;
import io.verbena.lane.Lane;
import io.verbena.lane.LaneEvents;
import io.verbena.lane.LaneFailure;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Frames over a connected, non-blocking socket; one-sided operations are served in software. Where
 * a thread of the transport looks after the lane, frames that follow each other closely leave
 * together: see {@link #isDeferring}.
 */
public final class TcpLane implements Lane {
  /** Payload bytes that one credit is worth: what one credit may make the receiver hold. */
  public static final int CREDIT_BYTES = 16 << 10;

  /** So long that a message of a usual size is one frame, of which no part needs to be copied. */
  static final int MAX_DATA = 1 << 20;

  /** Up to here copying costs less than a write of its own and what that has to keep. */
  private static final int COPIED_BYTES = Outbound.HEAD_BYTES;

  /** A payload of which more is still to come than this is not collected in a chunk. */
  private static final int COLLECTED_BYTES = 16 << 10;

  /** Of one-sided operations, 64 KiB each way: a millisecond's work or so. */
  private static final int PUMP_ROUNDS = 16;

  /**
   * How often a caller that waits looks into the socket: what is between the looks takes longer.
   */
  private static final int LOOKS_IN_A_MOMENT = 16;

  private final SocketChannel channel;
  private final boolean batching;
  private final Inbound inbound;
  private final Outbound outbound;
  private final Requester requester;
  private final Responder responder;
  private Frame frame = new Frame();

  /** Header of the frame whose payload goes to its target. */
  private Frame longFrame = new Frame();

  private boolean down;
  private boolean peerEnded;
  private boolean broken;
  private boolean outputEnded;
  private boolean discarding;
  private boolean polling;
  private boolean closed;

  /**
   * Creates a lane.
   *
   * @param channel connected and non-blocking; owned by the lane from here on
   * @param chunks the transport's stock of memory for what is under way
   * @param memory what the peer's one-sided operations may reach
   * @param depth how many one-sided operations each side may have under way
   * @param batching whether somebody flushes frames that were held back
   */
  public TcpLane(
      SocketChannel channel, Chunks chunks, MemoryDomain memory, int depth, boolean batching) {
    this.channel = channel;
    this.batching = batching;
    this.inbound = new Inbound(channel, chunks);
    this.outbound = new Outbound(channel, chunks);
    this.requester = new Requester(outbound, depth);
    this.responder = new Responder(outbound, memory, depth);
  }

  @Override
  public int maxPayload() {
    return MAX_DATA;
  }

  @Override
  public int creditBytes() {
    return CREDIT_BYTES;
  }

  @Override
  public long maxTransfer() {
    return Long.MAX_VALUE;
  }

  @Override
  public boolean trySend(Frame header, ByteBuf payload, int index) {
    // What was written before a message must be there when the message arrives, as on RDMA.
    if (down || requester.hasQueued()) {
      return false;
    }
    boolean copied = header.length <= COPIED_BYTES;
    if (copied ? !outbound.hasRoom(header.length) : !outbound.hasRoomForLong()) {
      return false;
    }
    int mark = outbound.mark();
    outbound.header(header);
    try {
      if (copied) {
        outbound.put(payload, index, header.length);
      } else {
        outbound.putLong(payload, index, header.length);
      }
    } catch (RuntimeException e) {
      outbound.rewind(mark);
      outbound.flush();
      throw e;
    }
    if (!batching || !copied || header.type != Frame.DATA || !outbound.joinsStream()) {
      outbound.flush();
    }
    return true;
  }

  /**
   * Whether frames are held back that the socket would take: somebody must {@link #poll} the lane
   * when the stream has paused.
   */
  public boolean isDeferring() {
    return hasUnsent()
        && !outbound.isEmpty()
        && !outbound.isBlocked()
        && !requester.hasQueued()
        && !responder.hasQueued();
  }

  /** Whether a stream goes on; an estimate that needs no lock. */
  public boolean isStreaming(long now) {
    return outbound.isStreaming(now);
  }

  @Override
  public boolean tryRead(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      long cookie) {
    return requester.read(local, localOffset, remote, remoteOffset, length, cookie);
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
    return requester.write(local, localOffset, remote, remoteOffset, length, notifies, cookie);
  }

  @Override
  public boolean tryFetchAdd(RemoteMemory remote, long remoteOffset, long delta, long cookie) {
    return requester.fetchAdd(remote, remoteOffset, delta, cookie);
  }

  @Override
  public boolean tryCompareSwap(
      RemoteMemory remote, long remoteOffset, long expected, long desired, long cookie) {
    return requester.compareSwap(remote, remoteOffset, expected, desired, cookie);
  }

  @Override
  public int poll(LaneEvents events, int limit) {
    return poll(events, limit, 1);
  }

  @Override
  public int pollAMoment(LaneEvents events, int limit) {
    // What waits to be sent is not to wait for what is received.
    return poll(events, limit, hasUnsent() ? 1 : LOOKS_IN_A_MOMENT);
  }

  private int poll(LaneEvents events, int limit, int looks) {
    if (down || discarding) {
      return 0;
    }
    polling = true;
    try {
      return move(events, limit, looks);
    } finally {
      polling = false;
      if (closed) {
        inbound.clear();
      }
    }
  }

  private int move(LaneEvents events, int limit, int looks) {
    if (hasUnsent()) {
      pump();
    }
    int delivered = parse(events, 0, limit);
    if (delivered < limit && !down) {
      delivered = read(events, delivered, limit, looks);
    }
    IOException broken = outbound.failure();
    if (broken != null) {
      delivered = drain(events, delivered, limit, broken);
    }
    return delivered;
  }

  private int read(LaneEvents events, int before, int limit, int looks) {
    LaneFailure end = fill(looks);
    int delivered = before;
    if (inbound.targetIsComplete()) {
      events.arrived(longFrame, inbound.takeUnusable());
      delivered++;
    }
    delivered = parse(events, delivered, limit);
    // Frames that arrived before the end are delivered first, however many polls that takes.
    if (end != null && !inbound.hasWholeFrame()) {
      fail(events, end);
    }
    return delivered;
  }

  /** Nothing can be sent any more: what has arrived is delivered first, as above. */
  private int drain(LaneEvents events, int before, int limit, IOException broken) {
    int delivered = before;
    boolean more = true;
    while (more && delivered < limit && !down) {
      long moved = inbound.movedBytes();
      inbound.hurry();
      delivered = read(events, delivered, limit, 1);
      more = inbound.movedBytes() != moved;
      if (!more && !peerEnded && !inbound.hasWholeFrame()) {
        fail(events, lost("the connection failed: " + broken.getMessage()));
      }
    }
    return delivered;
  }

  private @Nullable LaneFailure fill(int looks) {
    try {
      if (inbound.fill(looks) >= 0) {
        return null;
      }
      peerEnded = true;
      return lost("the peer's process ended or closed the connection");
    } catch (IOException e) {
      peerEnded = true;
      broken = true;
      return lost("the connection failed: " + e.getMessage());
    }
  }

  private static LaneFailure lost(String text) {
    return new LaneFailure(LaneFailure.Kind.PEER_LOST, text);
  }

  private int parse(LaneEvents events, int delivered, int limit) {
    int count = delivered;
    while (count < limit && inbound.buffered() >= Frame.BYTES && !down) {
      boolean data = inbound.header(frame, MAX_DATA) && frame.type == Frame.DATA;
      if (!data && !inbound.header(frame, Chunks.MAX_PAYLOAD)) {
        fail(events, LaneFailure.Kind.PROTOCOL, "the peer sent a malformed frame header");
        break;
      }
      if (inbound.buffered() - Frame.BYTES < frame.length) {
        if (data && frame.length > COLLECTED_BYTES) {
          expect(events);
        }
        break;
      }
      ByteBuffer payload = inbound.take(frame.length);
      if (frame.type < Frame.FIRST_LANE_TYPE) {
        if (frame.type == Frame.NOTIFY && responder.takeUnwritten()) {
          frame.flags |= Frame.VOID;
        }
        events.frame(frame, payload);
      } else if (!acceptLaneFrame(payload, events)) {
        fail(events, LaneFailure.Kind.PROTOCOL, "the peer sent a bad frame of type " + frame.type);
      }
      count++;
    }
    inbound.giveBackIfEmpty();
    return count;
  }

  /** Has the payload of the frame at hand put where it belongs. */
  private void expect(LaneEvents events) {
    ByteBuffer there = inbound.take(inbound.buffered() - Frame.BYTES);
    ByteBuffer target = events.target(frame, there);
    if (target == null) {
      fail(events, LaneFailure.Kind.PROTOCOL, "the peer sent a frame that has no place");
      return;
    }
    inbound.expect(target);
    Frame next = longFrame;
    longFrame = frame;
    frame = next;
  }

  private boolean acceptLaneFrame(ByteBuffer payload, LaneEvents events) {
    boolean answer = frame.type == OneSided.READ_DATA || frame.type == OneSided.DONE;
    return answer
        ? requester.accept(frame, payload, inbound.segment(), events)
        : responder.accept(frame, payload, inbound.segment());
  }

  /**
   * A frame of ours, a frame of the peer's: neither a big read nor a big write holds up the other.
   * Not all at once: a peer that takes as fast as we send would keep this thread from others.
   */
  private void pump() {
    boolean more = true;
    for (int round = 0; more && round < PUMP_ROUNDS; round++) {
      more = requester.pumpOne();
      more |= responder.pumpOne();
    }
    outbound.flushStream();
  }

  private void fail(LaneEvents events, LaneFailure.Kind kind, String text) {
    fail(events, new LaneFailure(kind, text));
  }

  private void fail(LaneEvents events, LaneFailure cause) {
    if (!down) {
      down = true;
      events.down(cause);
    }
  }

  @Override
  public long receivedBytes() {
    return inbound.movedBytes();
  }

  @Override
  public long movedBytes() {
    return inbound.movedBytes() + outbound.movedBytes();
  }

  @Override
  public void divert() {
    inbound.divert();
  }

  @Override
  public boolean hasUnsent() {
    boolean waiting = !outbound.isEmpty() || requester.hasQueued() || responder.hasQueued();
    // What can never be sent must not keep a selector awake.
    return waiting && !down && !outputEnded && outbound.failure() == null;
  }

  @Override
  public void shutdownOutput() {
    outputEnded = true;
    try {
      channel.shutdownOutput();
    } catch (IOException e) {
      peerEnded = true;
    }
  }

  @Override
  public boolean mayHaveLost() {
    return broken || outbound.failure() != null || (peerEnded && !outbound.isEmpty());
  }

  @Override
  public boolean peerEnded() {
    // From here on bytes are skipped in the middle of frames: none may be parsed any more.
    discarding = true;
    inbound.clear();
    if (!peerEnded) {
      fill(1);
      inbound.clear();
    }
    return peerEnded;
  }

  @Override
  public void close() {
    down = true;
    closed = true;
    try (channel) {
      outbound.close();
      if (!polling) {
        inbound.clear();
      }
    } catch (IOException e) {
      // The descriptor is gone either way, and nobody is left to tell.
      peerEnded = true;
    }
  }
}
