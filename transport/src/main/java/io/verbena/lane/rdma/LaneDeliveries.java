package io.verbena.lane.rdma;

import io.verbena.lane.Frame;
import io.verbena.lane.LaneEvents;
import io.verbena.lane.LaneFailure;
import io.verbena.verbs.Completions;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has completed on the queue pair of a lane, on its way to the lane's endpoint. The hub's lock
 * guards it.
 */
final class LaneDeliveries {
  /** Work request ids: the two highest bits tell frames and pulls from one-sided operations. */
  static final long FRAME_ID = 1L << 63;

  static final long PULL_ID = 1L << 62;

  private static final Logger LOG = LoggerFactory.getLogger(LaneDeliveries.class);

  private final RdmaLane lane;
  private final LaneGroup group;
  private final EarlyFrames early;
  private final FrameSender frames;
  private final OneSidedRequests oneSided;
  private final Pulls pulls;

  /** Who hears of what happens; null before the first poll. */
  private @Nullable LaneEvents sink;

  private long count;
  private long marked;
  private boolean proven;

  LaneDeliveries(
      RdmaLane lane,
      LaneGroup group,
      int receives,
      FrameSender frames,
      OneSidedRequests oneSided,
      Pulls pulls) {
    this.lane = lane;
    this.group = group;
    this.early = new EarlyFrames(group, receives);
    this.frames = frames;
    this.oneSided = oneSided;
    this.pulls = pulls;
  }

  void to(LaneEvents hearer) {
    sink = hearer;
  }

  /** Whether somebody wants to hear of frames. */
  boolean hasSink() {
    return sink != null;
  }

  /** How much has completed. */
  long count() {
    return count;
  }

  void mark() {
    marked = count;
  }

  /** Whether something has completed since the mark, which moves on. */
  boolean hasMoreThanMarked() {
    boolean more = count != marked;
    marked = count;
    return more;
  }

  /** Whether the peer's probe has come. */
  boolean isProven() {
    return proven;
  }

  /** Keeps a frame for the first poll; its slot is not filled again before. */
  void keep(int slot, int bytes) {
    if (!early.add(slot, bytes)) {
      lane.fail(LaneFailure.Kind.PROTOCOL, "the peer sent more frames than it has credit for");
      group.drop(slot);
    }
  }

  /** Delivers what came before somebody wanted it. */
  void deliverEarly() {
    early.deliver(lane);
  }

  void dropEarly() {
    early.drop();
  }

  /** A frame came. */
  void received(Frame frame, ByteBuffer payload) {
    count++;
    LaneEvents hearer = sink;
    if (frame.type == LaneProbe.TYPE) {
      proven = true;
    } else if (hearer != null && lane.isUp()) {
      try {
        hearer.frame(frame, payload);
      } catch (RuntimeException | Error e) {
        broken(e);
      }
    }
  }

  /** A request has ended, in one way or the other. */
  void ended(Completions done) {
    count++;
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
      cause = lane.failure();
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
    LaneEvents hearer = sink;
    if (hearer != null) {
      try {
        hearer.completed(cookie, result, cause);
      } catch (RuntimeException | Error e) {
        broken(e);
      }
    }
  }

  /** A request has failed, and with it the lane. */
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
    lane.fail(kind, String.valueOf(done.failure().getMessage()));
  }

  /**
   * Tells the endpoint that something has happened.
   *
   * @param cause why the lane is down; or null
   * @param asked it polls and knows already
   */
  void settle(@Nullable LaneFailure cause, boolean asked) {
    LaneEvents hearer = sink;
    if (hearer == null) {
      return;
    }
    try {
      if (cause != null) {
        hearer.down(cause);
      }
      if (!asked) {
        hearer.settled();
      }
    } catch (RuntimeException | Error e) {
      broken(e);
    }
  }

  /** What goes wrong above ends this lane, not the others that are served by the same thread. */
  private void broken(Throwable e) {
    LOG.error("An endpoint on {} failed", lane.queuePair(), e);
    lane.fail(LaneFailure.Kind.PROTOCOL, "the endpoint failed: " + e);
  }
}
