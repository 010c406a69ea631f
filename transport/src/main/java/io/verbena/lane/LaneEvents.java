package io.verbena.lane;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What a lane tells its endpoint, with the endpoint's lock. */
public interface LaneEvents {
  /**
   * A frame arrived.
   *
   * @param header the lane's, valid during the call
   * @param payload its remaining bytes are the payload; the lane's, valid during the call
   */
  void frame(Frame header, ByteBuffer payload);

  /**
   * The header of a long DATA frame arrived, of which a part of the payload is still on its way:
   * where to put that, so that it does not have to be copied. The lane writes there until it calls
   * {@link #arrived}, or is {@linkplain Lane#divert diverted}.
   *
   * @param header the lane's, valid during the call
   * @param there the part that is there, which this takes; the lane's, valid during the call
   * @return just the room for the rest; null if there is no place for it, with which the lane ends
   */
  default @Nullable ByteBuffer target(Frame header, ByteBuffer there) {
    return null;
  }

  /**
   * The rest of the payload of a frame is in its {@link #target}.
   *
   * @param header as it was then
   * @param unusable why the target could not be written: the rest is lost; or null
   */
  default void arrived(Frame header, @Nullable RuntimeException unusable) {
    throw new IllegalStateException("nothing was to be put anywhere");
  }

  /**
   * A one-sided operation, or a pull, ended.
   *
   * @param cookie what the endpoint named the operation
   * @param result the previous value for atomics, else 0
   * @param failure why it failed, or null
   */
  void completed(long cookie, long result, @Nullable LaneFailure failure);

  /** The lane is dead; no other call follows, and operations that did not complete never will. */
  void down(LaneFailure cause);

  /**
   * A lane that shares its adapter with others has delivered events that its endpoint did not ask
   * for by {@link Lane#poll}: no more follow for now.
   */
  default void settled() {}
}
