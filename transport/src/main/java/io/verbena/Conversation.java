package io.verbena;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import io.verbena.TransportException.Kind;
import io.verbena.lane.Frame;
import io.verbena.lane.Lane;
import io.verbena.lane.LaneEvents;
import io.verbena.lane.LaneFailure;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The state of an endpoint above its lane: messages to frames and back, sequence, credit,
 * operations under way, end. The endpoint's lock guards it.
 */
final class Conversation implements LaneEvents {
  /** Most events in one go, so that one busy endpoint does not starve the others. */
  static final int POLL_LIMIT = 64;

  private static final Failure PEER_CLOSED =
      new Failure(Kind.PEER_CLOSED, "the peer closed the endpoint");

  /** What a message takes besides its bytes: empty ones must not be free of charge. */
  private static final int MESSAGE_OVERHEAD_BYTES = 256;

  /** Memory that a peer gets for announcing a message; more comes with its bytes. */
  private static final int FIRST_CAPACITY = 4 << 20;

  /**
   * What both sides agreed on.
   *
   * @param ownWindow DATA frames that the peer may send before it gets credit
   * @param peerWindow DATA frames that we may send before we get credit
   */
  record Limits(
      int ownWindow, int peerWindow, int ownMessageBytes, int peerMessageBytes, int depth) {}

  final Lane lane;
  final OperationTable operations;
  private final Limits limits;
  private final ByteBufAllocator allocator;
  private final int receiveBufferBytes;
  private final Frame out = new Frame();

  private @Nullable ByteBuf outgoing;
  private int outgoingAt;
  private long sequence;
  private long dataSent;
  private long creditFromPeer;

  private final ArrayDeque<ByteBuf> received = new ArrayDeque<>();
  private long receivedBytes;
  private @Nullable ByteBuf assembling;
  private long assemblingLength;
  private long expectedSequence;
  private long dataReceived;
  private long dataReleased;
  private long creditToPeer;

  private boolean closeSent;
  private boolean peerClosed;
  private @Nullable Failure failure;

  Conversation(Lane lane, Limits limits, ByteBufAllocator allocator, int receiveBufferBytes) {
    this.lane = lane;
    this.limits = limits;
    this.allocator = allocator;
    this.receiveBufferBytes = receiveBufferBytes;
    this.operations = new OperationTable(limits.depth());
    this.creditFromPeer = limits.peerWindow();
    this.creditToPeer = limits.ownWindow();
  }

  /** Why nothing can be sent, and nothing beyond what was received can be taken; or null. */
  @Nullable Failure ended() {
    if (failure != null) {
      return failure;
    }
    return peerClosed ? PEER_CLOSED : null;
  }

  int peerMessageBytes() {
    return limits.peerMessageBytes();
  }

  /** Takes a message over, or returns false while the one before is not with the lane. */
  boolean offer(ByteBuf message) {
    if (outgoing != null) {
      pump();
      if (outgoing != null) {
        return false;
      }
    }
    outgoing = message;
    outgoingAt = 0;
    try {
      pump();
    } catch (RuntimeException e) {
      // A released buffer, most likely: it stays the caller's as long as nothing of it has left.
      if (outgoingAt == 0) {
        outgoing = null;
      } else {
        fail(new Failure(Kind.PROTOCOL, "the message changed while it was being sent: " + e));
      }
      throw e;
    }
    return true;
  }

  boolean hasOutgoing() {
    return outgoing != null;
  }

  private void pump() {
    while (outgoing != null && dataSent < creditFromPeer) {
      int total = outgoing.readableBytes();
      int length = Math.min(total - outgoingAt, lane.maxPayload());
      boolean last = outgoingAt + length == total;
      boolean first = outgoingAt == 0;
      Frame frame = header(Frame.DATA, length, first ? total : 0);
      frame.flags = (byte) ((first ? Frame.FIRST : 0) | (last ? Frame.LAST : 0));
      if (!lane.trySend(frame, outgoing, outgoing.readerIndex() + outgoingAt)) {
        return;
      }
      sent(frame);
      dataSent++;
      outgoingAt += length;
      if (last) {
        outgoing.release();
        outgoing = null;
      }
    }
  }

  /** Sends the goodbye, after everything else; false while the lane has no room. */
  boolean sendClose() {
    if (closeSent) {
      return true;
    }
    Frame frame = header(Frame.CLOSE, 0, 0);
    if (outgoing != null || !lane.trySend(frame, Unpooled.EMPTY_BUFFER, 0)) {
      return false;
    }
    sent(frame);
    closeSent = true;
    return true;
  }

  private Frame header(byte type, int length, long detail) {
    out.type = type;
    out.flags = 0;
    out.length = length;
    out.sequence = sequence;
    out.acknowledged = expectedSequence;
    out.credit = dataReleased + limits.ownWindow();
    out.detail = detail;
    return out;
  }

  private void sent(Frame frame) {
    creditToPeer = frame.credit;
    if (frame.type != Frame.CREDIT) {
      sequence++;
    }
  }

  /** Moves what can be moved; returns how much happened. */
  int progress() {
    if (failure != null) {
      return 0;
    }
    int events = lane.poll(this, POLL_LIMIT);
    if (peerClosed && !operations.isEmpty()) {
      // Only a closed lane is sure not to touch the operations' memory any more.
      lane.close();
      operations.failAll(PEER_CLOSED);
    }
    if (failure != null) {
      lane.close();
      return events;
    }
    if (outgoing != null) {
      pump();
    }
    grantCredit();
    return events;
  }

  /** Tells the peer of new credit when it is worth a frame: frames of ours carry it anyway. */
  private void grantCredit() {
    if (dataReleased + limits.ownWindow() - creditToPeer < (limits.ownWindow() + 1) / 2
        || ended() != null
        || closeSent) {
      return;
    }
    Frame frame = header(Frame.CREDIT, 0, 0);
    if (lane.trySend(frame, Unpooled.EMPTY_BUFFER, 0)) {
      sent(frame);
    }
  }

  /** The next message, owned by the caller, or null. */
  @Nullable ByteBuf take() {
    ByteBuf message = received.poll();
    if (message != null) {
      receivedBytes -= cost(message);
      release();
      grantCredit();
    }
    return message;
  }

  private static int cost(ByteBuf message) {
    return message.readableBytes() + MESSAGE_OVERHEAD_BYTES;
  }

  private void release() {
    if (receivedBytes <= receiveBufferBytes) {
      dataReleased = dataReceived;
    }
  }

  @Override
  public void frame(Frame header, ByteBuffer payload) {
    if (failure != null) {
      return;
    }
    if (header.credit > creditFromPeer) {
      creditFromPeer = header.credit;
    }
    switch (header.type) {
      case Frame.DATA -> data(header, payload);
      case Frame.CREDIT -> {}
      case Frame.CLOSE -> {
        peerClosed = true;
        dropOutgoing();
        lane.shutdownOutput();
      }
      default -> protocolError("a frame of unknown type " + header.type);
    }
  }

  private void data(Frame header, ByteBuffer payload) {
    if (header.sequence != expectedSequence || peerClosed) {
      protocolError("frame %d where %d was due".formatted(header.sequence, expectedSequence));
      return;
    }
    if (dataReceived - dataReleased >= limits.ownWindow()) {
      protocolError("more frames than it has credit for");
      return;
    }
    expectedSequence++;
    dataReceived++;
    if (header.isFirst() != (assembling == null)) {
      protocolError("a message that starts within another");
      return;
    }
    if (header.isFirst()) {
      if (header.detail < 0 || header.detail > limits.ownMessageBytes()) {
        protocolError("a message of %d bytes".formatted(header.detail));
        return;
      }
      int length = (int) header.detail;
      assemblingLength = length;
      try {
        assembling = allocator.directBuffer(Math.min(length, FIRST_CAPACITY), length);
      } catch (OutOfMemoryError e) {
        outOfMemory();
        return;
      }
    }
    append(payload, header.isLast());
    release();
  }

  private void append(ByteBuffer payload, boolean last) {
    ByteBuf message = assembling;
    if (message == null) {
      return;
    }
    long length = message.readableBytes() + (long) payload.remaining();
    if (length > assemblingLength || last != (length == assemblingLength)) {
      protocolError("a message whose parts do not make up its length");
      return;
    }
    try {
      if (length > message.capacity()) {
        // By doubling: the steps in which a buffer grows by itself would copy it again and again.
        message.capacity(
            (int) Math.min(assemblingLength, Math.max(length, 2L * message.capacity())));
      }
    } catch (OutOfMemoryError e) {
      outOfMemory();
      return;
    }
    message.writeBytes(payload);
    if (last) {
      assembling = null;
      received.add(message);
      receivedBytes += cost(message);
    }
  }

  private void outOfMemory() {
    String cure = "raise -XX:MaxDirectMemorySize or lower maxMessageBytes";
    fail(
        new Failure(
            Kind.NETWORK, "no memory for a message of " + assemblingLength + " bytes: " + cure));
  }

  private void protocolError(String what) {
    fail(new Failure(Kind.PROTOCOL, "the peer broke the protocol: it sent " + what));
  }

  @Override
  public void completed(long cookie, long result, @Nullable LaneFailure cause) {
    Operation operation = operations.remove(cookie);
    if (operation != null) {
      operation.complete(result, cause == null ? null : Failure.of(cause));
    }
  }

  @Override
  public void down(LaneFailure cause) {
    if (peerClosed) {
      return;
    }
    fail(Failure.of(cause));
  }

  /** Ends the conversation: received messages stay, everything else fails with the cause. */
  void fail(Failure cause) {
    if (failure != null) {
      return;
    }
    failure = cause;
    dropOutgoing();
    if (assembling != null) {
      assembling.release();
      assembling = null;
    }
    operations.failAll(cause);
  }

  boolean failed() {
    return failure != null;
  }

  boolean peerClosed() {
    return peerClosed;
  }

  private void dropOutgoing() {
    ByteBuf message = outgoing;
    outgoing = null;
    // Safe: an application that released it too early must not break the end of the endpoint.
    ReferenceCountUtil.safeRelease(message);
  }

  /** Releases messages that nobody will take any more. */
  void dropReceived() {
    received.forEach(ReferenceCountUtil::safeRelease);
    received.clear();
  }
}
