package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_async_event;
import io.verbena.ffi.verbs.ibv_context;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a context's asynchronous events: failures of queue pairs and completion queues,
 * ports that come and go, the removal of the adapter; see {@code man ibv_get_async_event}. Events
 * wait in the kernel until they are read, in order; those about an object are dropped when it is
 * closed.
 *
 * {@snippet :
 * while (context.isOpen()) {
 *   context.events().await(Duration.ofSeconds(1)).ifPresent(this::handle);
 * }
 * }
 *
 * <p>Each event is acknowledged as soon as it is read, so that nobody who closes the object that it
 * is about waits for its reader.
 *
 * <p>Threads: one at a time may await; {@link #wakeup} and {@code close()} may be called from any.
 * Ownership: by its {@link Context}, which has one stream; closing only that ends a thread's wait.
 */
public final class AsyncEvents extends EventSource {
  private final Context context;
  private final MemorySegment event = ibv_async_event.allocate(Arena.ofAuto());
  private @Nullable AsyncEvent taken;

  private AsyncEvents(Context context, int eventDescriptor, int wakeupDescriptor) {
    super(context.handle, eventDescriptor, wakeupDescriptor, context);
    this.context = context;
  }

  static AsyncEvents create(Context context) throws VerbsException {
    int descriptor = ibv_context.async_fd(context.handle);
    return new AsyncEvents(context, descriptor, prepare(descriptor));
  }

  /**
   * The device that the events are about.
   *
   * @return the owner
   */
  public Context context() {
    return context;
  }

  /**
   * Takes the next event, sleeping until it comes. A virtual thread occupies its carrier while it
   * sleeps.
   *
   * @param timeout how long at most, rounded up to milliseconds; zero looks without sleeping
   * @return the event; empty after the timeout or {@link #wakeup}
   * @throws VerbsException if the device fails: with EIO, it was removed
   * @throws IllegalStateException if the stream is closed, before or meanwhile, or another thread
   *     is awaiting
   */
  public Optional<AsyncEvent> await(Duration timeout) throws VerbsException {
    return sleep(timeout) ? Optional.ofNullable(taken) : Optional.empty();
  }

  @Override
  boolean consumeEvents() throws VerbsException {
    if (ErrnoCalls.getAsyncEvent(capture, context.handle, event) != 0) {
      int errno = ErrnoCalls.errno(capture);
      if (errno == LibC.EAGAIN() || errno == LibC.EINTR()) {
        return false;
      }
      throw VerbsException.of("ibv_get_async_event", context.device().name(), errno);
    }
    try {
      // Before the acknowledgement: after it, the address may belong to another object.
      taken = read();
    } finally {
      Verbs.ibv_ack_async_event(event);
    }
    return true;
  }

  private AsyncEvent read() {
    int code = ibv_async_event.event_type(event);
    AsyncEventType type = AsyncEventType.of(code);
    MemorySegment element = ibv_async_event.element(event);
    return switch (type) {
      case COMPLETION_QUEUE_ERROR ->
          new AsyncEvent.OfCompletionQueue(
              type, find(ibv_async_event.element.cq(element).address(), CompletionQueue.class));
      case QUEUE_PAIR_FATAL,
          QUEUE_PAIR_REQUEST_ERROR,
          QUEUE_PAIR_ACCESS_ERROR,
          COMMUNICATION_ESTABLISHED,
          SEND_QUEUE_DRAINED,
          PATH_MIGRATED,
          PATH_MIGRATION_ERROR,
          LAST_REQUEST_REACHED ->
          new AsyncEvent.OfQueuePair(
              type, find(ibv_async_event.element.qp(element).address(), QueuePair.class));
      case PORT_ACTIVE,
          PORT_ERROR,
          LID_CHANGE,
          PKEY_CHANGE,
          SUBNET_MANAGER_CHANGE,
          CLIENT_REREGISTER,
          GID_CHANGE ->
          new AsyncEvent.OfPort(type, ibv_async_event.element.port_num(element));
      case DEVICE_FATAL -> new AsyncEvent.OfDevice(type);
      case SHARED_RECEIVE_QUEUE_ERROR, SHARED_RECEIVE_QUEUE_LIMIT_REACHED ->
          new AsyncEvent.OfSharedReceiveQueue(
              type, find(ibv_async_event.element.srq(element).address(), SharedReceiveQueue.class));
      case WORK_QUEUE_FATAL, UNKNOWN -> new AsyncEvent.Unknown(code);
    };
  }

  @Override
  @Nullable VerbsException destroySource() {
    // The descriptor is the context's, and is closed with it.
    return null;
  }

  @Override
  String description() {
    return "the event stream of " + context.device().name();
  }
}
