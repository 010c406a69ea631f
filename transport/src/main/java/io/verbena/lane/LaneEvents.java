package io.verbena.lane;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What a lane tells its endpoint, out of {@link Lane#poll}. */
public interface LaneEvents {
  /**
   * A frame arrived.
   *
   * @param header the lane's, valid during the call
   * @param payload its remaining bytes are the payload; the lane's, valid during the call
   */
  void frame(Frame header, ByteBuffer payload);

  /**
   * A one-sided operation ended.
   *
   * @param cookie what the endpoint named the operation
   * @param result the previous value for atomics, else 0
   * @param failure why it failed, or null
   */
  void completed(long cookie, long result, @Nullable LaneFailure failure);

  /** The lane is dead; no other call follows, and operations that did not complete never will. */
  void down(LaneFailure cause);
}
