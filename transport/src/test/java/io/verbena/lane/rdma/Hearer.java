package io.verbena.lane.rdma;

import io.verbena.lane.Frame;
import io.verbena.lane.LaneEvents;
import io.verbena.lane.LaneFailure;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Remembers what a lane tells. */
class Hearer implements LaneEvents {
  /** What is kept of a frame. */
  record Heard(byte type, long sequence, long detail, ByteBuffer payload) {}

  final List<Heard> frames = new ArrayList<>();
  final List<Long> completed = new ArrayList<>();
  final List<LaneFailure> failures = new ArrayList<>();
  final List<LaneFailure> down = new ArrayList<>();
  int settled;

  @Override
  public void frame(Frame header, ByteBuffer payload) {
    ByteBuffer copy = ByteBuffer.allocate(payload.remaining()).put(payload).flip();
    frames.add(new Heard(header.type, header.sequence, header.detail, copy));
  }

  @Override
  public void completed(long cookie, long result, @Nullable LaneFailure failure) {
    completed.add(cookie);
    if (failure != null) {
      failures.add(failure);
    }
  }

  @Override
  public void down(LaneFailure cause) {
    down.add(cause);
  }

  @Override
  public void settled() {
    settled++;
  }

  int poll(RdmaLane lane) {
    lane.lock().lock();
    try {
      return lane.poll(this, 64);
    } finally {
      lane.lock().unlock();
    }
  }
}
