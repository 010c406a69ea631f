package io.verbena.rdmacm;

import io.verbena.cause.Cause;
import io.verbena.ffi.ConnectionCalls;
import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.Native;
import io.verbena.ffi.SystemCalls;
import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.libc.pollfd;
import io.verbena.ffi.rdmacm.RdmaCm;
import io.verbena.ffi.rdmacm.rdma_event_channel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A {@code struct rdma_event_channel} and a second descriptor that wakes up who sleeps on it. All
 * calls except {@link #sleep} are made with the manager's lock; one thread at a time sleeps,
 * without it, and has left before {@link #close}.
 */
final class EventChannel {
  final MemorySegment handle;
  private final int wakeupDescriptor;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment capture = ErrnoCalls.capture(arena);
  private final MemorySegment eventOut = arena.allocate(RdmaCm.C_POINTER);
  private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
  private final MemorySegment counter = arena.allocate(ValueLayout.JAVA_LONG);

  // Of the thread that sleeps.
  private final MemorySegment sleepCapture = ErrnoCalls.capture(arena);
  private final MemorySegment descriptors = pollfd.allocateArray(2, arena);

  private EventChannel(MemorySegment handle, int wakeupDescriptor) {
    this.handle = handle;
    this.wakeupDescriptor = wakeupDescriptor;
    watch(0, rdma_event_channel.fd(handle));
    watch(1, wakeupDescriptor);
  }

  private void watch(int place, int descriptor) {
    MemorySegment entry = pollfd.asSlice(descriptors, place);
    pollfd.fd(entry, descriptor);
    pollfd.events(entry, (short) LibC.POLLIN());
  }

  static EventChannel open() throws ConnectionException {
    String cause = Cause.of(Native.LIBRDMACM);
    if (cause != null) {
      throw ConnectionException.unavailable(cause);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment channel = ConnectionCalls.createEventChannel(capture);
      if (channel.address() == 0) {
        throw ConnectionException.ofCall(
            "rdma_create_event_channel", "", ErrnoCalls.errno(capture));
      }
      // A thread must not sleep in rdma_get_cm_event: nothing could wake it up.
      int descriptor = rdma_event_channel.fd(channel);
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
        RdmaCm.rdma_destroy_event_channel(channel);
        throw ConnectionException.ofCall(nonBlocking ? "eventfd" : "fcntl", "", errno);
      }
      return new EventChannel(channel, wakeup);
    }
  }

  /** Returns when there may be an event, after a wake-up, or after the time; spuriously too. */
  void sleep(int millis) throws ConnectionException {
    if (SystemCalls.poll(sleepCapture, descriptors, 2, millis) < 0) {
      int errno = ErrnoCalls.errno(sleepCapture);
      if (errno != LibC.EINTR()) {
        throw ConnectionException.ofCall("poll", "", errno);
      }
    }
    LibC.read(wakeupDescriptor, counter, Long.BYTES);
  }

  /** Makes the thread that sleeps return, or the next one that would. */
  void wakeup() {
    LibC.write(wakeupDescriptor, one, Long.BYTES);
  }

  /** Takes the next event, if there is one. */
  @Nullable CmEvent next() throws ConnectionException {
    while (ConnectionCalls.getCmEvent(capture, handle, eventOut) != 0) {
      int errno = ErrnoCalls.errno(capture);
      if (errno == LibC.EAGAIN()) {
        return null;
      }
      if (errno != LibC.EINTR()) {
        throw ConnectionException.ofCall("rdma_get_cm_event", "", errno);
      }
    }
    MemorySegment event = eventOut.get(RdmaCm.C_POINTER, 0);
    try {
      return CmEvent.copyOf(event);
    } finally {
      RdmaCm.rdma_ack_cm_event(event);
    }
  }

  /** All identifiers on it are destroyed. */
  void close() {
    RdmaCm.rdma_destroy_event_channel(handle);
    LibC.close(wakeupDescriptor);
    arena.close();
  }
}
