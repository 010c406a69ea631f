package io.verbena.lane;

import io.netty.buffer.ByteBuf;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;

/**
 * Moves frames and one-sided operations for one endpoint, in order, and knows nothing else. The
 * endpoint's lock guards every call. A {@code try} method that returns false did nothing: the
 * endpoint tries again after a poll. The endpoint has checked all ranges.
 */
public interface Lane extends AutoCloseable {
  /** Longest payload of a frame, in bytes. */
  int maxPayload();

  /** Longest transfer of one one-sided operation, in bytes. */
  long maxTransfer();

  /**
   * Sends a frame; what it carries is copied before the call returns.
   *
   * @param header complete but for nothing; the endpoint's, not kept
   * @param payload where the payload is; its indexes and reference count do not change
   * @param index where the payload starts
   */
  boolean trySend(Frame header, ByteBuf payload, int index);

  /** Reads from the peer's memory into ours. */
  boolean tryRead(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      long cookie);

  /** Writes to the peer's memory from ours. */
  boolean tryWrite(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
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

  /** Whether accepted frames are still with us rather than with the network or the adapter. */
  boolean hasUnsent();

  /** Says goodbye below the frames: the peer sees an orderly end when it has read everything. */
  void shutdownOutput();

  /**
   * Whether the peer has ended its side too, so that closing loses nothing that we sent. Discards
   * what still arrives.
   */
  boolean peerEnded();

  /** Frees everything; what is in flight is lost. */
  @Override
  void close();
}
