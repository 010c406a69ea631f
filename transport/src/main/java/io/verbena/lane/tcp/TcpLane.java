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
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** Frames over a connected, non-blocking socket; one-sided operations are served in software. */
public final class TcpLane implements Lane {
  /** Long enough that system calls do not dominate, short enough that others get their turn. */
  static final int MAX_PAYLOAD = 64 << 10;

  private static final int INBOUND_CAPACITY = 4 * (Frame.BYTES + MAX_PAYLOAD);

  private final SocketChannel channel;
  private final Outbound outbound;
  private final Requester requester;
  private final Responder responder;
  private final ByteBuffer inbound = ByteBuffer.allocateDirect(INBOUND_CAPACITY);
  private final MemorySegment inboundSegment = MemorySegment.ofBuffer(inbound);
  private final Frame frame = new Frame();
  private int head;
  private int tail;
  private boolean down;
  private boolean peerEnded;
  private boolean outputEnded;
  private boolean discarding;

  /**
   * Creates a lane.
   *
   * @param channel connected and non-blocking; owned by the lane from here on
   * @param memory what the peer's one-sided operations may reach
   * @param depth how many one-sided operations each side may have under way
   */
  public TcpLane(SocketChannel channel, MemoryDomain memory, int depth) {
    this.channel = channel;
    this.outbound = new Outbound(channel);
    this.requester = new Requester(outbound, depth);
    this.responder = new Responder(outbound, memory, depth);
  }

  @Override
  public int maxPayload() {
    return MAX_PAYLOAD;
  }

  @Override
  public long maxTransfer() {
    return Long.MAX_VALUE;
  }

  @Override
  public boolean trySend(Frame header, ByteBuf payload, int index) {
    // What was written before a message must be there when the message arrives, as on RDMA.
    if (down || requester.hasQueued() || !outbound.hasRoom(header.length)) {
      return false;
    }
    int mark = outbound.mark();
    outbound.header(header);
    try {
      outbound.put(payload, index, header.length);
    } catch (RuntimeException e) {
      outbound.rewind(mark);
      throw e;
    }
    outbound.flush();
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
    return requester.read(local, localOffset, remote, remoteOffset, length, cookie);
  }

  @Override
  public boolean tryWrite(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      long cookie) {
    return requester.write(local, localOffset, remote, remoteOffset, length, cookie);
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
    if (down || discarding) {
      return 0;
    }
    if (hasUnsent()) {
      pump();
    }
    int delivered = parse(events, 0, limit);
    if (delivered < limit && !down) {
      LaneFailure end = fill();
      delivered = parse(events, delivered, limit);
      // Frames that arrived before the end are delivered first, however many polls that takes.
      if (end != null && !hasWholeFrame()) {
        fail(events, end);
      }
    }
    IOException broken = outbound.failure();
    if (broken != null && !peerEnded && !hasWholeFrame()) {
      fail(
          events,
          new LaneFailure(
              LaneFailure.Kind.PEER_LOST, "the connection failed: " + broken.getMessage()));
    }
    return delivered;
  }

  private @Nullable LaneFailure fill() {
    if (head == tail) {
      head = 0;
      tail = 0;
    } else if (INBOUND_CAPACITY - tail < Frame.BYTES + MAX_PAYLOAD) {
      inbound.limit(tail).position(head);
      inbound.compact();
      tail -= head;
      head = 0;
    }
    try {
      inbound.limit(INBOUND_CAPACITY).position(tail);
      int count = channel.read(inbound);
      if (count >= 0) {
        tail += count;
        return null;
      }
      peerEnded = true;
      return new LaneFailure(
          LaneFailure.Kind.PEER_LOST, "the peer's process ended or closed the connection");
    } catch (IOException e) {
      peerEnded = true;
      return new LaneFailure(
          LaneFailure.Kind.PEER_LOST, "the connection failed: " + e.getMessage());
    }
  }

  private boolean hasWholeFrame() {
    return tail - head >= Frame.BYTES
        && tail - head - Frame.BYTES >= inbound.getInt(head + Frame.LENGTH_AT);
  }

  private int parse(LaneEvents events, int delivered, int limit) {
    int count = delivered;
    while (count < limit && tail - head >= Frame.BYTES && !down) {
      inbound.limit(tail);
      if (!frame.read(inbound, head, MAX_PAYLOAD)) {
        fail(
            events,
            new LaneFailure(LaneFailure.Kind.PROTOCOL, "the peer sent a malformed frame header"));
        break;
      }
      if (tail - head - Frame.BYTES < frame.length) {
        break;
      }
      int payloadAt = head + Frame.BYTES;
      head = payloadAt + frame.length;
      inbound.limit(head).position(payloadAt);
      if (frame.type < Frame.FIRST_LANE_TYPE) {
        events.frame(frame, inbound);
      } else if (!acceptLaneFrame(events)) {
        fail(
            events,
            new LaneFailure(
                LaneFailure.Kind.PROTOCOL, "the peer sent a bad frame of type " + frame.type));
      }
      count++;
    }
    return count;
  }

  private boolean acceptLaneFrame(LaneEvents events) {
    boolean answer = frame.type == OneSided.READ_DATA || frame.type == OneSided.DONE;
    return answer
        ? requester.accept(frame, inbound, inboundSegment, events)
        : responder.accept(frame, inbound, inboundSegment);
  }

  /**
   * A frame of ours, a frame of the peer's: neither a big read nor a big write holds up the other.
   */
  private void pump() {
    boolean more = true;
    while (more) {
      more = requester.pumpOne();
      more |= responder.pumpOne();
    }
    outbound.flush();
  }

  private void fail(LaneEvents events, LaneFailure cause) {
    if (!down) {
      down = true;
      events.down(cause);
    }
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
  public boolean peerEnded() {
    // From here on bytes are skipped in the middle of frames: none may be parsed any more.
    discarding = true;
    if (!peerEnded) {
      head = 0;
      tail = 0;
      fill();
    }
    return peerEnded;
  }

  @Override
  public void close() {
    down = true;
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is gone either way, and nobody is left to tell.
      peerEnded = true;
    }
  }
}
