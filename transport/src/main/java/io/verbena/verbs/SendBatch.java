package io.verbena.verbs;

import java.util.List;

/**
 * Builds requests for the send queue of a {@link QueuePair} and posts them with one doorbell;
 * stands for {@code ibv_post_send}, see {@code man ibv_post_send}. Belongs to the queue pair and is
 * used over and over; nothing is allocated.
 *
 * {@snippet :
 * boolean posted = pair.sends()
 *     .write(1, region, 0, 4096, remoteAddress, rkey)
 *     .signaled().inline().send(2, region, 4096, 16)
 *     .submit();
 * }
 *
 * <p>{@link #signaled}, {@link #inline}, {@link #fence}, {@link #solicited}, {@link #to} and {@link
 * #toShared} apply to the next request only. A request that is not signaled completes silently when
 * a later one completes; its failure is reported all the same. Requests are carried out in the
 * order in which they were added.
 *
 * <p>A region must stay open, and its bytes unchanged, until the request is done; with inline the
 * bytes are copied at once. A request with a wrong argument throws {@code IllegalArgumentException}
 * and is not added; what was added before stays: {@link #clear} drops it.
 *
 * <p>Threads: one at a time, which need not be the one that polls the completions; {@link #free}
 * may be called from any thread.
 */
public final class SendBatch extends SendChain {
  SendBatch(QueuePair pair, WorkRing ring, int elementCount, int inlineBytes) {
    super(pair, ring, elementCount, inlineBytes);
  }

  /**
   * The next request's completion is reported.
   *
   * @return this batch
   */
  public SendBatch signaled() {
    flags |= Abi.SEND_SIGNALED;
    return this;
  }

  /**
   * The next request's bytes travel inside the request: they are copied at once, so that the memory
   * may be reused when the method returns. For sends and writes of at most {@link
   * QueuePair#inlineBytes} bytes; usually the fastest way for short ones.
   *
   * @return this batch
   */
  public SendBatch inline() {
    flags |= Abi.SEND_INLINE;
    return this;
  }

  /**
   * The next request waits until earlier reads and atomics of this queue pair are done.
   *
   * @return this batch
   */
  public SendBatch fence() {
    flags |= Abi.SEND_FENCE;
    return this;
  }

  /**
   * The next request, a send or a write with immediate data, wakes up a peer that waits for
   * solicited completions only.
   *
   * @return this batch
   */
  public SendBatch solicited() {
    flags |= Abi.SEND_SOLICITED;
    return this;
  }

  /**
   * Where the next request goes, on a {@link QueuePairType#DATAGRAM} queue pair: each of its sends
   * needs this, and no other type takes it.
   *
   * @param handle the way to the peer's port, or to a multicast group; keep it open until the
   *     request is done
   * @param number the peer's queue pair, 24 bits; 0xffffff for multicast
   * @param queueKey the key that the peer's queue pair was activated with; if the highest bit is
   *     set, the one of this queue pair is sent instead
   * @return this batch
   * @throws IllegalArgumentException if the handle is of another domain, or the number too large
   * @throws IllegalStateException if the queue pair has one peer only, or the handle is closed
   */
  public SendBatch to(AddressHandle handle, int number, int queueKey) {
    destination(handle, number, queueKey);
    return this;
  }

  /**
   * Whom the next request is for, on a {@link QueuePairType#XRC_SEND} queue pair: each of its
   * requests needs this, and no other type takes it. Sends and writes with immediate data fill a
   * receive of that queue; the memory that others reach is that of its protection domain.
   *
   * @param number the {@link SharedReceiveQueue#number} of the peer's shared receive queue, 24 bits
   * @return this batch
   * @throws IllegalArgumentException if the number is too large
   * @throws IllegalStateException if the queue pair is of another type
   */
  public SendBatch toShared(int number) {
    sharedDestination(number);
    return this;
  }

  /**
   * Sends a message, which fills a receive of the peer.
   *
   * @param id comes back with the completion
   * @param region the local memory
   * @param offset the first byte in the region
   * @param length how many bytes, at least 0
   * @return this batch
   * @throws IllegalArgumentException if the bytes are outside of the region, the region is of
   *     another domain, or they are too many for {@link #inline}
   * @throws IllegalStateException if the region is closed
   */
  public SendBatch send(long id, MemoryRegion region, long offset, int length) {
    message(id, Abi.WR_SEND, region, offset, length);
    return this;
  }

  /**
   * Sends a message with 32 bits more.
   *
   * @param id comes back with the completion
   * @param region the local memory
   * @param offset the first byte in the region
   * @param length how many bytes, at least 0
   * @param immediate arrives in the completion of the peer's receive
   * @return this batch
   * @throws IllegalArgumentException if the bytes are outside of the region, the region is of
   *     another domain, or they are too many for {@link #inline}
   * @throws IllegalStateException if the region is closed
   */
  public SendBatch sendImmediate(
      long id, MemoryRegion region, long offset, int length, int immediate) {
    long slot = message(id, Abi.WR_SEND_IMMEDIATE, region, offset, length);
    if (slot != FULL) {
      immediate(slot, immediate);
    }
    return this;
  }

  /**
   * Sends a message that also ends a memory window of the peer, so that no one can use its key any
   * more; the peer's receive says which.
   *
   * <p>Only the peer's adapter can check the key: with the key of a window that is not bound, or
   * not any more, the request fails. The soft-RoCE of Linux 6.1 does not check and crashes the
   * peer's kernel, whichever queue pair the message comes to: send a key at most once, and only
   * while the peer does not end the window by itself.
   *
   * @param id comes back with the completion
   * @param region the local memory
   * @param offset the first byte in the region
   * @param length how many bytes, at least 0
   * @param rkey the key of the peer's window, of type 2 and bound to the peer's queue pair
   * @return this batch
   * @throws IllegalArgumentException if the bytes are outside of the region, the region is of
   *     another domain, or they are too many for {@link #inline}
   * @throws IllegalStateException if the region is closed
   */
  public SendBatch sendInvalidate(long id, MemoryRegion region, long offset, int length, int rkey) {
    long slot = message(id, Abi.WR_SEND_INVALIDATE, region, offset, length);
    if (slot != FULL) {
      invalidated(slot, rkey);
    }
    return this;
  }

  /**
   * Binds a memory window of type 2 to a part of a region: {@link MemoryWindow#rkey} is its new
   * key, for the peer of this queue pair only, and works when the request is done. See {@code man
   * ibv_post_send}; {@link MemoryWindow#bind} is for type 1.
   *
   * @param id comes back with the completion
   * @param window not bound at present, and not in this batch yet
   * @param region what to give access to: needs {@link Access#WINDOW_BIND}
   * @param offset the first byte in the region
   * @param length how many bytes, at least 1
   * @param rights out of REMOTE_READ, REMOTE_WRITE, REMOTE_ATOMIC and ZERO_BASED
   * @return this batch
   * @throws IllegalArgumentException if the bytes are outside of the region, the region lacks a
   *     right, a right is not one of a window, or something is of another domain
   * @throws IllegalStateException if the window is of type 1 or something is closed
   */
  public SendBatch bind(
      long id,
      MemoryWindow window,
      MemoryRegion region,
      long offset,
      long length,
      Access... rights) {
    bindSlot(id, window, region, offset, length, Access.windowFlags(List.of(rights)));
    return this;
  }

  /**
   * Ends a memory window of type 2 that is bound to this queue pair: its key works no more when the
   * request is done.
   *
   * <p>If the peer may end the window with {@link #sendInvalidate}, ask {@link
   * MemoryWindow#invalidatedBy} for each of its messages, and do not end it beside a message that
   * is on its way: the second end of a window fails, and crashes the kernel if that has the
   * soft-RoCE of Linux 6.1. To be safe from a peer, close the window instead.
   *
   * @param id comes back with the completion
   * @param window to be bound again when it is needed
   * @return this batch
   * @throws IllegalArgumentException if the window is of another domain
   * @throws IllegalStateException if the window is of type 1 or closed, the last request of this
   *     queue pair did not bind it, or that request has failed or was dropped by a reset
   */
  public SendBatch invalidate(long id, MemoryWindow window) {
    invalidateSlot(id, window);
    return this;
  }

  /**
   * Writes to the peer's memory; the peer is not told.
   *
   * @param id comes back with the completion
   * @param region the local memory
   * @param offset the first byte in the region
   * @param length how many bytes, at least 0
   * @param remoteAddress the first byte at the peer, as the peer's region counts it
   * @param rkey the key of the peer's region
   * @return this batch
   * @throws IllegalArgumentException if the bytes are outside of the region, the region is of
   *     another domain, or they are too many for {@link #inline}
   * @throws IllegalStateException if the region is closed
   */
  public SendBatch write(
      long id, MemoryRegion region, long offset, int length, long remoteAddress, int rkey) {
    long slot = message(id, Abi.WR_WRITE, region, offset, length);
    if (slot != FULL) {
      remote(slot, remoteAddress, rkey);
    }
    return this;
  }

  /**
   * Writes to the peer's memory and completes a receive of the peer, without using its buffer.
   *
   * @param id comes back with the completion
   * @param region the local memory
   * @param offset the first byte in the region
   * @param length how many bytes, at least 0
   * @param remoteAddress the first byte at the peer, as the peer's region counts it
   * @param rkey the key of the peer's region
   * @param immediate arrives in the completion of the peer's receive
   * @return this batch
   * @throws IllegalArgumentException if the bytes are outside of the region, the region is of
   *     another domain, or they are too many for {@link #inline}
   * @throws IllegalStateException if the region is closed
   */
  public SendBatch writeImmediate(
      long id,
      MemoryRegion region,
      long offset,
      int length,
      long remoteAddress,
      int rkey,
      int immediate) {
    long slot = message(id, Abi.WR_WRITE_IMMEDIATE, region, offset, length);
    if (slot != FULL) {
      remote(slot, remoteAddress, rkey);
      immediate(slot, immediate);
    }
    return this;
  }

  /**
   * Reads from the peer's memory; the peer is not told.
   *
   * @param id comes back with the completion
   * @param region where the bytes go: needs {@link Access#LOCAL_WRITE}
   * @param offset the first byte in the region
   * @param length how many bytes, at least 0
   * @param remoteAddress the first byte at the peer, as the peer's region counts it
   * @param rkey the key of the peer's region
   * @return this batch
   * @throws IllegalArgumentException if the bytes are outside of the region, the region is of
   *     another domain or may not be written, or the request is {@link #inline}
   * @throws IllegalStateException if the region is closed
   */
  public SendBatch read(
      long id, MemoryRegion region, long offset, int length, long remoteAddress, int rkey) {
    long slot = fetch(id, Abi.WR_READ, region, offset, length);
    if (slot != FULL) {
      remote(slot, remoteAddress, rkey);
    }
    return this;
  }

  /**
   * Adds to a 64-bit number at the peer and fetches what it was before, atomically with respect to
   * other atomics through the peer's adapter.
   *
   * @param id comes back with the completion
   * @param region where the old number goes, in the host's byte order: needs {@link
   *     Access#LOCAL_WRITE}
   * @param offset the first of 8 bytes in the region
   * @param remoteAddress the number at the peer, a multiple of 8
   * @param rkey the key of the peer's region: needs {@link Access#REMOTE_ATOMIC}
   * @param delta what to add
   * @return this batch
   * @throws IllegalArgumentException if the bytes are outside of the region, the region is of
   *     another domain or may not be written, the remote address is not a multiple of 8, or the
   *     request is {@link #inline}
   * @throws IllegalStateException if the region is closed
   */
  public SendBatch fetchAndAdd(
      long id, MemoryRegion region, long offset, long remoteAddress, int rkey, long delta) {
    long slot = atomic(id, Abi.WR_FETCH_AND_ADD, region, offset, remoteAddress, rkey);
    if (slot != FULL) {
      operands(slot, delta, 0);
    }
    return this;
  }

  /**
   * Replaces a 64-bit number at the peer if it is the expected one, and fetches what it was before,
   * atomically with respect to other atomics through the peer's adapter.
   *
   * @param id comes back with the completion
   * @param region where the old number goes, in the host's byte order: needs {@link
   *     Access#LOCAL_WRITE}
   * @param offset the first of 8 bytes in the region
   * @param remoteAddress the number at the peer, a multiple of 8
   * @param rkey the key of the peer's region: needs {@link Access#REMOTE_ATOMIC}
   * @param expected what must be there
   * @param desired what to put there
   * @return this batch
   * @throws IllegalArgumentException if the bytes are outside of the region, the region is of
   *     another domain or may not be written, the remote address is not a multiple of 8, or the
   *     request is {@link #inline}
   * @throws IllegalStateException if the region is closed
   */
  public SendBatch compareAndSwap(
      long id,
      MemoryRegion region,
      long offset,
      long remoteAddress,
      int rkey,
      long expected,
      long desired) {
    long slot = atomic(id, Abi.WR_COMPARE_AND_SWAP, region, offset, remoteAddress, rkey);
    if (slot != FULL) {
      operands(slot, expected, desired);
    }
    return this;
  }

  /**
   * Gives the request that was added last more bytes, behind what it has: a send or a write gathers
   * its message from the pieces in order, a read scatters what it fetches.
   *
   * @param region the local memory; for a read it needs {@link Access#LOCAL_WRITE}
   * @param offset the first byte in the region
   * @param length how many bytes, at least 0
   * @return this batch
   * @throws IllegalArgumentException if the request has {@link QueuePairConfig#sendElements} pieces
   *     already (which do not count when it is {@link #inline}); if the message gets too long for
   *     inline or for a datagram; if the bytes are outside of the region, or the region is of
   *     another domain or may not be written
   * @throws IllegalStateException if the batch is empty, the last request is not a send, a write or
   *     a read, or the region is closed
   */
  public SendBatch append(MemoryRegion region, long offset, int length) {
    continueMessage(region, offset, length);
    return this;
  }

  /**
   * Posts the batch with one doorbell; it is empty afterwards.
   *
   * @return false if the queue has no room for all of it: nothing of the batch was posted, and it
   *     was dropped; read completions and build it again
   * @throws VerbsException if the device refuses a request: names it; those before it were posted,
   *     the others were dropped. A queue pair in error refuses nothing: its requests complete with
   *     {@link WorkStatus#FLUSHED}
   * @throws IllegalStateException if the queue pair is closed, or another thread is posting. If the
   *     queue pair is not connected yet, or being reset: the batch stays as it is. If it was reset
   *     since the batch was begun, if an object that a request names is closed meanwhile, or if the
   *     batch does not fit and never will, because it is longer than half the depth and no request
   *     that is outstanding is signaled: nothing was posted, and the batch was dropped
   */
  public boolean submit() throws VerbsException {
    return post();
  }
}
