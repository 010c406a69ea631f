package io.verbena.lane;

import io.netty.buffer.ByteBuf;
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
   * The header of a long DATA frame arrived, of which the payload is still on its way: where to put
   * it, so that nothing has to be copied. The lane appends to the buffer's writable bytes, and
   * calls {@link #arrived} when all are there.
   *
   * @param header the lane's, valid during the call
   * @return the endpoint's buffer with room for the payload; null if there is no place for it, with
   *     which the lane ends
   */
  default @Nullable ByteBuf target(Frame header) {
    return null;
  }

  /**
   * The whole payload of a frame is in its {@link #target}.
   *
   * @param header as it was then
   */
  default void arrived(Frame header) {
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
