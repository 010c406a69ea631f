package io.verbena.lane;

import io.netty.buffer.ByteBuf;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import io.verbena.verbs.ProtectionDomain;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Moves frames and one-sided operations for one endpoint, in order, and knows nothing else. The
 * endpoint's lock guards every call. A {@code try} method that returns false did nothing: the
 * endpoint tries again after a poll. The endpoint has checked all ranges.
 */
public interface Lane extends AutoCloseable {
  /** Where memory must be registered for the peer to reach it; null for any memory. */
  default @Nullable ProtectionDomain protectionDomain() {
    return null;
  }

  /** Longest payload of a frame, in bytes. */
  int maxPayload();

  /**
   * Payload bytes for which a DATA frame uses one credit; it uses one at least. By default each
   * frame uses one.
   */
  default int creditBytes() {
    return Integer.MAX_VALUE;
  }

  /**
   * What a frame uses of the credit.
   *
   * @param payloadBytes of the frame
   * @return at least 1
   */
  default int credits(int payloadBytes) {
    return 1 + Math.max(payloadBytes - 1, 0) / creditBytes();
  }

  /** Longest transfer of one one-sided operation, in bytes. */
  long maxTransfer();

  /**
   * Longest message, in bytes, that goes as DATA frames; longer ones are {@link #tryAdvertise
   * advertised}, and the receiver pulls them. A lane that pulls nothing has the default.
   */
  default int eagerBytes() {
    return Integer.MAX_VALUE;
  }

  /**
   * Sends a frame; before the call returns, what it carries is copied, or the lane has a reference
   * of its own to it until it is sent.
   *
   * @param header complete but for nothing; the endpoint's, not kept
   * @param payload where the payload is; its indexes do not change
   * @param index where the payload starts
   */
  boolean trySend(Frame header, ByteBuf payload, int index);

  /**
   * Makes a message one that the peer can pull.
   *
   * @param message its readable bytes are the message
   * @return the message itself if it lies where the adapter reaches it; else a copy of its readable
   *     bytes, owned by the caller, who keeps the message too; null if there is no memory for a
   *     copy now
   */
  default @Nullable ByteBuf pullable(ByteBuf message) {
    return null;
  }

  /**
   * Sends a frame whose payload says where a message lies. The memory must stay as it is until the
   * peer says that it has pulled it.
   *
   * @param header the lane sets its length; the endpoint's, not kept
   * @param message what {@link #pullable} gave
   */
  default boolean tryAdvertise(Frame header, ByteBuf message) {
    throw new UnsupportedOperationException();
  }

  /**
   * Whether the payload of an advertisement makes sense: the pieces it names make up the message.
   *
   * @param payload what came with the frame; its position does not change
   * @param length bytes of the message
   */
  default boolean isAdvertisement(ByteBuffer payload, long length) {
    return false;
  }

  /**
   * Reads an advertised message to the writable bytes of a buffer of ours; {@link
   * LaneEvents#completed} follows. The writer index does not change.
   *
   * @param target has room for the message, and stays until the operation ends or the lane is dead
   * @param payload what came with the advertisement, checked; not kept
   * @param cookie names the operation
   */
  default boolean tryPull(ByteBuf target, ByteBuffer payload, long cookie) {
    throw new UnsupportedOperationException();
  }

  /** Reads from the peer's memory into ours. */
  boolean tryRead(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      long cookie);

  /**
   * Writes to the peer's memory from ours.
   *
   * @param notifies whether the next NOTIFY is about this: the peer must not hear of it if not all
   *     has been written
   */
  boolean tryWrite(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      boolean notifies,
      long cookie);

  /** Adds to a 64-bit word of the peer; the result is its previous value. */
  boolean tryFetchAdd(RemoteMemory remote, long remoteOffset, long delta, long cookie);

  /** Replaces a 64-bit word of the peer if it has the expected value; the result is what it had. */
  boolean tryCompareSwap(
      RemoteMemory remote, long remoteOffset, long expected, long desired, long cookie);

  /**
   * Moves what can be moved without waiting.
   *
   * @param limit how many events to deliver at most
   * @return how many were delivered
   */
  int poll(LaneEvents events, int limit);

  /**
   * As {@link #poll}, for a caller that has nothing else to do: if nothing is there, looks again
   * for a microsecond or so, which costs less than to come back.
   */
  int pollAMoment(LaneEvents events, int limit);

  /**
   * Bytes that have gone in or out so far, those of frames that are under way included: who waits
   * for a long one sees that it is coming. A lane that does not count them has 0.
   */
  default long movedBytes() {
    return 0;
  }

  /** Those of them that have come in: a peer that sends a long frame can say nothing else. */
  default long receivedBytes() {
    return 0;
  }

  /** The memory of the last {@link LaneEvents#target} is not touched any more. */
  default void divert() {}

  /** Whether accepted frames are still with us rather than with the network or the adapter. */
  boolean hasUnsent();

  /** Says goodbye below the frames: the peer sees an orderly end when it has read everything. */
  void shutdownOutput();

  /**
   * Whether the connection has failed, or ended while something was still to be sent: the peer may
   * lack what it was sent last.
   */
  default boolean mayHaveLost() {
    return false;
  }

  /**
   * Whether the peer has ended its side too, so that closing loses nothing that we sent. Discards
   * what still arrives.
   */
  boolean peerEnded();

  /** Frees everything; what is in flight is lost. */
  @Override
  void close();
}
