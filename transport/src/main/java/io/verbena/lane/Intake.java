package io.verbena.lane;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.MessageHandler;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes what arrives at an endpoint before a buffer is allocated for it: not for applications.
 * Given to {@link Endpoint#handle}, which then leaves {@link Endpoint#receive} as it is: what this
 * does not take is received there, and nothing is offered here as long as something waits there.
 *
 * <p>Called with the endpoint's lock, by whichever thread moves its data; must not call the
 * endpoint.
 */
public abstract class Intake implements MessageHandler {
  /** The endpoint, as its intake sees it; not to be called within a call of the endpoint. */
  public interface Source {
    /**
     * The memory of {@link #place} is not touched any more when this returns; what is still to come
     * of the message is dropped.
     */
    void divert();

    /** Whether something that was sent is still with this process, which must move it on. */
    boolean hasUnsent();
  }

  private @Nullable Source source;

  /**
   * A message that is there as a whole.
   *
   * @param message its bytes; the lane's, valid during the call
   * @return false if it is to be received: then nothing was done
   */
  public abstract boolean take(ByteBuffer message);

  /**
   * A message of which a part is still on its way.
   *
   * @param there the part that is there; the lane's, valid during the call
   * @param length bytes of the message
   * @return where the rest goes, with just the room for it, and all of {@code there} was taken;
   *     null if the message is to be received: then nothing was done
   */
  public abstract @Nullable ByteBuffer place(ByteBuffer there, int length);

  /**
   * The message that was placed last is there.
   *
   * @param unusable why the memory could not be written; or null
   */
  public abstract void placed(@Nullable RuntimeException unusable);

  /** Once, before anything is offered. */
  public final void attached(Source endpoint) {
    source = endpoint;
  }

  /** The endpoint that this is attached to. */
  protected final Source source() {
    return Objects.requireNonNull(source, "not attached");
  }

  @Override
  public final void message(Endpoint from, ByteBuf message) {
    throw new UnsupportedOperationException();
  }
}
