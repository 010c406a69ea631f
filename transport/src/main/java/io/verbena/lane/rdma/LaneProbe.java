package io.verbena.lane.rdma;

import io.netty.buffer.Unpooled;
import io.verbena.lane.Frame;
import io.verbena.lane.LaneFailure;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Proves that a message gets through both ways: a queue pair that looks ready may still be cut off,
 * by a filtered UDP port or another partition.
 */
final class LaneProbe {
  /** The frame that proves a queue pair. */
  static final byte TYPE = Frame.FIRST_LANE_TYPE;

  private static final long STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  private final RdmaLane lane;
  private final LaneGroup group;
  private final PeerWatch peer;

  LaneProbe(RdmaLane lane, LaneGroup group, PeerWatch peer) {
    this.lane = lane;
    this.group = group;
    this.peer = peer;
  }

  /** Returns null, or why not. */
  @Nullable String run(long deadlineNanos) {
    if (!send()) {
      LaneFailure cause = lane.failure();
      return cause == null ? "the probe could not be sent" : cause.text();
    }
    while (!isProven()) {
      LaneFailure cause = lane.failure();
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
      LockSupport.parkNanos(STEP_NANOS);
    }
    return null;
  }

  private boolean send() {
    var frame = new Frame();
    frame.type = TYPE;
    lane.lock().lock();
    try {
      return lane.trySend(frame, Unpooled.EMPTY_BUFFER, 0);
    } finally {
      lane.lock().unlock();
    }
  }

  private boolean isProven() {
    lane.lock().lock();
    try {
      group.poll(1);
      group.settle(null);
      return lane.failure() == null && lane.deliveries.isProven() && !lane.hasUnsent();
    } finally {
      lane.lock().unlock();
    }
  }
}
