package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.SystemCalls;
import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.libc.pollfd;
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
public final class CompletionChannel extends NativeObject {
  private final Context context;
  private final int channelDescriptor;
  private final int wakeupDescriptor;
  private final Object wakeupLock = new Object();
  private boolean wakeupClosed;

  // Used by the one thread that awaits; automatic memory lives as long as this.
  private final MemorySegment capture = ErrnoCalls.capture(Arena.ofAuto());
  private final MemorySegment descriptors = pollfd.allocateArray(2, Arena.ofAuto());
  private final MemorySegment queueOut = Arena.ofAuto().allocate(ValueLayout.ADDRESS);
  private final MemorySegment contextOut = Arena.ofAuto().allocate(ValueLayout.ADDRESS);
  private final MemorySegment counter = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

  private CompletionChannel(Context context, MemorySegment handle, int wakeupDescriptor) {
    super(handle, context);
    this.context = context;
    this.channelDescriptor = ibv_comp_channel.fd(handle);
    this.wakeupDescriptor = wakeupDescriptor;
    watch(0, channelDescriptor);
    watch(1, wakeupDescriptor);
  }

  private void watch(int place, int descriptor) {
    MemorySegment entry = pollfd.asSlice(descriptors, place);
    pollfd.fd(entry, descriptor);
    pollfd.events(entry, (short) LibC.POLLIN());
  }

  static CompletionChannel create(Context context) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment channel = ErrnoCalls.createCompChannel(capture, context.handle);
      if (channel.address() == 0) {
        throw VerbsException.of(
            "ibv_create_comp_channel", context.device().name(), ErrnoCalls.errno(capture));
      }
      // A thread must not sleep in ibv_get_cq_event: nothing could wake it up.
      int descriptor = ibv_comp_channel.fd(channel);
      int flags = SystemCalls.getStatusFlags(capture, descriptor);
      boolean nonBlocking =
          flags >= 0
              && SystemCalls.setStatusFlags(capture, descriptor, flags | LibC.O_NONBLOCK()) == 0;
      int wakeup =
          nonBlocking
              ? SystemCalls.eventfd(capture, 0, LibC.EFD_CLOEXEC() | LibC.EFD_NONBLOCK())
              : -1;
      if (wakeup < 0) {
        int errno = ErrnoCalls.errno(capture);
        Verbs.ibv_destroy_comp_channel(channel);
        throw VerbsException.of(nonBlocking ? "eventfd" : "fcntl", "", errno);
      }
      return new CompletionChannel(context, channel, wakeup);
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
    long start = System.nanoTime();
    long nanos = Deadlines.nanos(timeout);
    enter();
    try {
      while (true) {
        if (isClosed()) {
          throw closed();
        }
        int millis = Deadlines.pollMillis(nanos - (System.nanoTime() - start));
        int ready = SystemCalls.poll(capture, descriptors, 2, millis);
        if (ready < 0) {
          int errno = ErrnoCalls.errno(capture);
          if (errno != LibC.EINTR()) {
            throw VerbsException.of("poll", "", errno);
          }
          continue;
        }
        boolean event = isReady(0) && consumeEvents();
        boolean woken = isReady(1) && consumeWakeup();
        if (isClosed()) {
          throw closed();
        }
        if (event || woken || nanos - (System.nanoTime() - start) <= 0) {
          return event;
        }
      }
    } finally {
      exit();
    }
  }

  private boolean isReady(int place) {
    return pollfd.revents(pollfd.asSlice(descriptors, place)) != 0;
  }

  /**
   * Takes all events and acknowledges each at once: destroying a queue waits until all of its
   * events are acknowledged, and until then the queue that an event names is there, even if it is
   * closed.
   */
  private boolean consumeEvents() throws VerbsException {
    boolean any = false;
    while (ErrnoCalls.getCqEvent(capture, handle, queueOut, contextOut) == 0) {
      Verbs.ibv_ack_cq_events(queueOut.get(ValueLayout.ADDRESS, 0), 1);
      any = true;
    }
    int errno = ErrnoCalls.errno(capture);
    if (errno != LibC.EAGAIN() && errno != LibC.EINTR()) {
      throw VerbsException.of("ibv_get_cq_event", context.device().name(), errno);
    }
    return any;
  }

  private boolean consumeWakeup() {
    return SystemCalls.read(capture, wakeupDescriptor, counter, Long.BYTES) == Long.BYTES;
  }

  /**
   * Makes the thread that awaits return at once, or the next one that comes if none does. Any
   * thread may call this; on a closed channel it does nothing.
   */
  public void wakeup() {
    // A descriptor's number is given to the next file as soon as it is closed: never write to it
    // then.
    synchronized (wakeupLock) {
      if (!wakeupClosed) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
          LibC.write(wakeupDescriptor, one, Long.BYTES);
        }
      }
    }
  }

  @Override
  UseGuard[] guards() {
    return new UseGuard[] {this};
  }

  @Override
  void wakeSleepers() {
    wakeup();
  }

  @Override
  @Nullable VerbsException destroy() {
    synchronized (wakeupLock) {
      wakeupClosed = true;
      LibC.close(wakeupDescriptor);
    }
    return destroyed("ibv_destroy_comp_channel", Verbs.ibv_destroy_comp_channel(handle));
  }

  @Override
  String description() {
    return "the completion channel of " + context.device().name();
  }
}
