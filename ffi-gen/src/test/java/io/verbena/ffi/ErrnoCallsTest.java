package io.verbena.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.libc.pollfd;
import io.verbena.ffi.libc.rlimit;
import io.verbena.ffi.verbs.Verbs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class ErrnoCallsTest {
  private static final int NO_DESCRIPTOR = 1_000_000;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment capture = ErrnoCalls.capture(arena);

  @AfterEach
  void freeMemory() {
    arena.close();
  }

  @Test
  void aFailedCallLeavesItsErrorNumber() {
    assertEquals(-1, SystemCalls.close(capture, NO_DESCRIPTOR));
    assertEquals(Errno.of(LibC.EBADF()), Errno.of(ErrnoCalls.errno(capture)));
    assertEquals(-1, SystemCalls.fcntl(capture, NO_DESCRIPTOR, LibC.F_GETFL(), 0));
    assertEquals(LibC.EBADF(), ErrnoCalls.errno(capture));
    assertEquals(-1, SystemCalls.getrlimit(capture, -5, MemorySegment.NULL));
    assertEquals(LibC.EINVAL(), ErrnoCalls.errno(capture));
  }

  @Test
  void anEventDescriptorCarriesAValue() {
    MemorySegment value = arena.allocateFrom(ValueLayout.JAVA_LONG, 7);
    MemorySegment polled = arena.allocate(pollfd.layout());
    int fd = SystemCalls.eventfd(capture, 0, LibC.EFD_CLOEXEC());
    assertTrue(fd >= 0);
    pollfd.fd(polled, fd);
    pollfd.events(polled, (short) LibC.POLLIN());
    assertEquals(0, SystemCalls.poll(capture, polled, 1, 0));
    assertEquals(8, SystemCalls.write(capture, fd, value, 8));
    assertEquals(1, SystemCalls.poll(capture, polled, 1, 10_000));
    value.fill((byte) 0);
    assertEquals(8, SystemCalls.read(capture, fd, value, 8));
    assertEquals(7, value.get(ValueLayout.JAVA_LONG, 0));
    assertEquals(0, SystemCalls.close(capture, fd));
  }

  @Test
  void aDescriptorBecomesNonBlocking() {
    MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
    int fd = SystemCalls.eventfd(capture, 0, 0);
    int flags = SystemCalls.getStatusFlags(capture, fd);
    assertEquals(0, SystemCalls.setStatusFlags(capture, fd, flags | LibC.O_NONBLOCK()));
    assertEquals(flags | LibC.O_NONBLOCK(), SystemCalls.getStatusFlags(capture, fd));
    assertEquals(-1, SystemCalls.read(capture, fd, value, 8));
    assertEquals(LibC.EAGAIN(), ErrnoCalls.errno(capture));
    assertEquals(0, SystemCalls.close(capture, fd));
  }

  @Test
  void aResourceLimitIsRead() {
    MemorySegment limit = arena.allocate(rlimit.layout());
    assertEquals(0, SystemCalls.getrlimit(capture, LibC.RLIMIT_MEMLOCK(), limit));
    assertNotEquals(0, rlimit.rlim_max(limit));
  }

  @Test
  void memoryThatWasFreedIsAnExceptionNotACrash() {
    MemorySegment freed;
    try (Arena shortLived = Arena.ofConfined()) {
      freed = shortLived.allocate(8);
    }
    assertThrows(IllegalStateException.class, () -> SystemCalls.read(capture, 0, freed, 8));
  }

  @Test
  void everyVerbHasAHandleWhereTheLibraryIs() {
    Assumptions.assumeTrue(Native.LIBIBVERBS.isAvailable(), Native.LIBIBVERBS::unavailabilityCause);
    MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
    MemorySegment devices = ErrnoCalls.getDeviceList(capture, count);
    if (devices.address() == 0) {
      assertEquals(LibC.ENOSYS(), ErrnoCalls.errno(capture)); // the kernel has no RDMA
    } else {
      Verbs.ibv_free_device_list(devices);
    }
  }
}
