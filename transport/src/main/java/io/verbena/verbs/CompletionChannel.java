package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_comp_channel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where a thread sleeps until a completion comes to one of several queues; stands for {@code struct
 * ibv_comp_channel}, see {@code man ibv_create_comp_channel} and {@code man ibv_get_cq_event}.
 *
 * <p>To sleep without missing a completion: {@link CompletionQueue#arm} all queues, poll all of
 * them once more, then {@link #await}; afterwards poll all of them. {@link CompletionQueue#await}
 * does that for one queue.
 *
 * <p>Threads: one at a time may await; {@link #wakeup} and {@code close()} may be called from any.
 * Ownership: by its {@link Context}; closing it closes its queues.
 */
public final class CompletionChannel extends EventSource {
  private final Context context;
  private final MemorySegment queueOut = Arena.ofAuto().allocate(ValueLayout.ADDRESS);
  private final MemorySegment contextOut = Arena.ofAuto().allocate(ValueLayout.ADDRESS);

  /** The queue that had the last event: mostly it has the next one, too. */
  private MemorySegment lastQueue = MemorySegment.NULL;

  private CompletionChannel(Context context, MemorySegment handle, int wakeupDescriptor) {
    super(handle, ibv_comp_channel.fd(handle), wakeupDescriptor, context);
    this.context = context;
  }

  static CompletionChannel create(Context context) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment channel = ErrnoCalls.createCompChannel(capture, context.handle);
      if (channel.address() == 0) {
        throw VerbsException.of(
            "ibv_create_comp_channel", context.device().name(), ErrnoCalls.errno(capture));
      }
      boolean ready = false;
      try {
        int wakeup = prepare(ibv_comp_channel.fd(channel));
        ready = true;
        return new CompletionChannel(context, channel, wakeup);
      } finally {
        if (!ready) {
          Verbs.ibv_destroy_comp_channel(channel);
        }
      }
    }
  }

  /**
   * The device that the channel is on.
   *
   * @return the owner
   */
  public Context context() {
    return context;
  }

  /**
   * Sleeps until an armed queue of this channel gets a completion. Takes and acknowledges the
   * events of all its queues: arm them anew. A virtual thread occupies its carrier while it sleeps.
   *
   * @param timeout how long at most, rounded up to milliseconds; zero looks without sleeping
   * @return true if there was an event; false after the timeout or {@link #wakeup}
   * @throws VerbsException if the device fails
   * @throws IllegalStateException if the channel is closed, before or meanwhile, or another thread
   *     is awaiting
   */
  public boolean await(Duration timeout) throws VerbsException {
    return sleep(timeout);
  }

  @Override
  boolean consumeEvents() throws VerbsException {
    boolean any = false;
    do {
      if (Verbs.ibv_get_cq_event(handle, queueOut, contextOut) != 0
          // Once more, to hear why: see sleep().
          && ErrnoCalls.getCqEvent(capture, handle, queueOut, contextOut) != 0) {
        int errno = ErrnoCalls.errno(capture);
        if (errno != LibC.EAGAIN() && errno != LibC.EINTR()) {
          throw VerbsException.of("ibv_get_cq_event", context.device().name(), errno);
        }
        return any;
      }
      acknowledge(queueOut.get(ValueLayout.JAVA_LONG, 0));
      any = true;
    } while (hasEvent());
    return any;
  }

  private void acknowledge(long queue) {
    MemorySegment told = lastQueue;
    if (told.address() != queue) {
      told = MemorySegment.ofAddress(queue);
      lastQueue = told;
    }
    Verbs.ibv_ack_cq_events(told, 1);
  }

  @Override
  @Nullable VerbsException destroySource() {
    return destroyed("ibv_destroy_comp_channel", Verbs.ibv_destroy_comp_channel(handle));
  }

  @Override
  String description() {
    return "the completion channel of " + context.device().name();
  }
}
