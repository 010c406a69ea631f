package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.SystemCalls;
import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.libc.pollfd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Something that tells of events through a file descriptor, on which a thread can sleep. The
 * library's own blocking calls are of no use: nothing could wake their thread up.
 */
abstract class EventSource extends NativeObject {
  private static final MemorySegment ONE = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, 1);

  private final int wakeupDescriptor;
  private final Object wakeupLock = new Object();
  private boolean wakeupClosed;

  // Used by the one thread that awaits; automatic memory lives as long as this.
  final MemorySegment capture = ErrnoCalls.capture(Arena.ofAuto());
  private final MemorySegment descriptors = pollfd.allocateArray(2, Arena.ofAuto());
  private final MemorySegment eventEntry = pollfd.asSlice(descriptors, 0);
  private final MemorySegment wakeupEntry = pollfd.asSlice(descriptors, 1);
  private final MemorySegment counter = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

  /**
   * Made under the lock.
   *
   * @param eventDescriptor is readable when there are events, see {@link #prepare}
   * @param wakeupDescriptor what {@link #prepare} returned
   */
  EventSource(
      MemorySegment handle, int eventDescriptor, int wakeupDescriptor, NativeObject... owners) {
    super(handle, owners);
    this.wakeupDescriptor = wakeupDescriptor;
    watch(eventEntry, eventDescriptor);
    watch(wakeupEntry, wakeupDescriptor);
  }

  private static void watch(MemorySegment entry, int descriptor) {
    pollfd.fd(entry, descriptor);
    pollfd.events(entry, (short) LibC.POLLIN());
  }

  /**
   * Makes reading a descriptor of the library return at once, and makes a second one to wake up the
   * thread that sleeps on both.
   *
   * @return the second descriptor, for the constructor
   */
  static int prepare(int eventDescriptor) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      int flags = SystemCalls.getStatusFlags(capture, eventDescriptor);
      if (flags < 0
          || SystemCalls.setStatusFlags(capture, eventDescriptor, flags | LibC.O_NONBLOCK()) != 0) {
        throw VerbsException.of("fcntl", "", ErrnoCalls.errno(capture));
      }
      int wakeup = SystemCalls.eventfd(capture, 0, LibC.EFD_CLOEXEC() | LibC.EFD_NONBLOCK());
      if (wakeup < 0) {
        throw VerbsException.of("eventfd", "", ErrnoCalls.errno(capture));
      }
      return wakeup;
    }
  }

  /**
   * Takes what the descriptor has and acknowledges it at once: destroying the object that an event
   * is about waits until the event is acknowledged, and until then the object is there, even if it
   * is being closed. Takes no lock, because who closes holds it.
   *
   * @return false if there was nothing
   */
  abstract boolean consumeEvents() throws VerbsException;

  /** Sleeps until {@link #consumeEvents} returns true; false after the timeout or a wake-up. */
  final boolean sleep(Duration timeout) throws VerbsException {
    long start = System.nanoTime();
    long nanos = Deadlines.nanos(timeout);
    // Alone: two threads in here would free the descriptors under each other. It sleeps anyway.
    enterAlone();
    try {
      while (true) {
        if (isClosed()) {
          throw closed();
        }
        int millis = Deadlines.pollMillis(nanos - (System.nanoTime() - start));
        int ready = LibC.poll(descriptors, 2, millis);
        if (ready < 0) {
          // Once more, to hear why: a call that captures errno leaves garbage, so not each time.
          ready = SystemCalls.poll(capture, descriptors, 2, 0);
        }
        if (ready < 0) {
          int errno = ErrnoCalls.errno(capture);
          if (errno != LibC.EINTR()) {
            throw VerbsException.of("poll", "", errno);
          }
          continue;
        }
        boolean event = isReady(eventEntry) && consumeEvents();
        boolean woken = isReady(wakeupEntry) && consumeWakeup();
        if (event) {
          // Even if this is being closed: it is taken, and nobody else will ever see it.
          return true;
        }
        if (isClosed()) {
          throw closed();
        }
        if (woken || nanos - (System.nanoTime() - start) <= 0) {
          return false;
        }
      }
    } finally {
      exit();
    }
  }

  /** Whether there is one more event now. */
  final boolean hasEvent() {
    return LibC.poll(eventEntry, 1, 0) > 0;
  }

  private static boolean isReady(MemorySegment entry) {
    return pollfd.revents(entry) != 0;
  }

  private boolean consumeWakeup() {
    return LibC.read(wakeupDescriptor, counter, Long.BYTES) == Long.BYTES;
  }

  /**
   * Makes the thread that awaits return at once, or the next one that comes if none does. Any
   * thread may call this; after closing it does nothing.
   */
  public void wakeup() {
    // A descriptor's number is given to the next file as soon as it is closed: never write to it
    // then.
    synchronized (wakeupLock) {
      if (!wakeupClosed) {
        LibC.write(wakeupDescriptor, ONE, Long.BYTES);
      }
    }
  }

  @Override
  final UseGuard[] guards() {
    return new UseGuard[] {this};
  }

  @Override
  final void wakeSleepers() {
    wakeup();
  }

  @Override
  final @Nullable VerbsException destroy() {
    synchronized (wakeupLock) {
      wakeupClosed = true;
      LibC.close(wakeupDescriptor);
    }
    return destroySource();
  }

  /** Frees the C object whose descriptor this is, if it is this object's own. */
  abstract @Nullable VerbsException destroySource();
}
