package io.verbena.lane.rdma;

import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.SendBatch;
import io.verbena.verbs.WorkKind;
import java.lang.foreign.ValueLayout;

/**
 * One-sided operations as work requests whose id is the endpoint's cookie. A transfer that is
 * longer than the device takes in one request becomes several, of which the last is signaled:
 * requests of a queue pair complete in order.
 */
final class OneSidedRequests {
  private final RdmaLane lane;
  private final QueuePair pair;
  private final MemoryRegion region;
  private final long previousValuesAt;
  private final long largest;

  /**
   * @param region has a word for the previous value of each atomic, from {@code previousValuesAt}
   *     on
   * @param largest bytes of one request at most
   */
  OneSidedRequests(
      RdmaLane lane, QueuePair pair, MemoryRegion region, long previousValuesAt, long largest) {
    this.lane = lane;
    this.pair = pair;
    this.region = region;
    this.previousValuesAt = previousValuesAt;
    this.largest = largest;
  }

  long largest() {
    return largest;
  }

  boolean read(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      long cookie) {
    return transfer(false, local, localOffset, remote, remoteOffset, length, cookie);
  }

  boolean write(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      long cookie) {
    return transfer(true, local, localOffset, remote, remoteOffset, length, cookie);
  }

  private boolean transfer(
      boolean write,
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      long cookie) {
    if (!hasRoom(length)) {
      return false;
    }
    MemoryRegion ours = regionOf(local);
    SendBatch batch = pair.sends();
    long done = 0;
    try {
      do {
        int part = (int) Math.min(length - done, largest);
        if (done + part == length) {
          batch.signaled();
        }
        long theirs = remote.address() + remoteOffset + done;
        if (write) {
          batch.write(cookie, ours, localOffset + done, part, theirs, remote.key());
        } else {
          batch.read(cookie, ours, localOffset + done, part, theirs, remote.key());
        }
        done += part;
      } while (done < length);
    } catch (RuntimeException e) {
      // The parts before the one that was refused must not leave with the next doorbell.
      batch.clear();
      throw e;
    }
    return lane.submit(batch);
  }

  boolean fetchAdd(RemoteMemory remote, long remoteOffset, long delta, long cookie) {
    if (!hasRoom(Long.BYTES)) {
      return false;
    }
    long word = remote.address() + remoteOffset;
    SendBatch batch = pair.sends().signaled();
    batch.fetchAndAdd(cookie, region, previousValueAt(cookie), word, remote.key(), delta);
    return lane.submit(batch);
  }

  boolean compareSwap(
      RemoteMemory remote, long remoteOffset, long expected, long desired, long cookie) {
    if (!hasRoom(Long.BYTES)) {
      return false;
    }
    long word = remote.address() + remoteOffset;
    SendBatch batch = pair.sends().signaled();
    batch.compareAndSwap(
        cookie, region, previousValueAt(cookie), word, remote.key(), expected, desired);
    return lane.submit(batch);
  }

  /** What a finished operation gives: the previous value if it was an atomic. */
  long result(long cookie, WorkKind kind) {
    return kind == WorkKind.FETCH_AND_ADD || kind == WorkKind.COMPARE_AND_SWAP
        ? region.memory().get(ValueLayout.JAVA_LONG, previousValueAt(cookie))
        : 0;
  }

  private long previousValueAt(long cookie) {
    return previousValuesAt + (long) (int) cookie * Long.BYTES;
  }

  /** Whether the send queue has room for a transfer beside the slots reserved for frames. */
  private boolean hasRoom(long length) {
    long requests = Math.max(1, (length + largest - 1) / largest);
    return lane.roomForOperations() >= requests;
  }

  private MemoryRegion regionOf(RegisteredMemory memory) {
    MemoryRegion registered = memory.region(region.domain());
    if (registered == null) {
      throw new IllegalArgumentException(
          "the memory was not allocated from this endpoint's transport");
    }
    return registered;
  }
}
