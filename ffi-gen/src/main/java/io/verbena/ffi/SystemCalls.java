package io.verbena.ffi;

import io.verbena.ffi.libc.LibC;
import java.lang.foreign.MemorySegment;

/**
 * The functions of libc that report their failure through {@code errno}; {@link ErrnoCalls} has the
 * rules for captures. They need no library.
 */
public final class SystemCalls {
  private SystemCalls() {}

  /**
   * Waits for file descriptors, see {@code poll(2)}.
   *
   * @param capture receives {@code errno}
   * @param fds an array of {@code struct pollfd}
   * @param count the number of entries
   * @param timeoutMillis milliseconds; negative waits for ever
   * @return the number of ready descriptors; -1 on failure
   */
  public static int poll(MemorySegment capture, MemorySegment fds, long count, int timeoutMillis) {
    try {
      return (int) ErrnoHandles.OfLibC.POLL.invokeExact(capture, fds, count, timeoutMillis);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Reads from a file descriptor, see {@code read(2)}.
   *
   * @param capture receives {@code errno}
   * @param fd a file descriptor
   * @param buffer where the bytes go
   * @param count the number of bytes
   * @return the number of bytes; -1 on failure
   */
  public static long read(MemorySegment capture, int fd, MemorySegment buffer, long count) {
    try {
      return (long) ErrnoHandles.OfLibC.READ.invokeExact(capture, fd, buffer, count);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Writes to a file descriptor, see {@code write(2)}.
   *
   * @param capture receives {@code errno}
   * @param fd a file descriptor
   * @param buffer where the bytes are
   * @param count the number of bytes
   * @return the number of bytes; -1 on failure
   */
  public static long write(MemorySegment capture, int fd, MemorySegment buffer, long count) {
    try {
      return (long) ErrnoHandles.OfLibC.WRITE.invokeExact(capture, fd, buffer, count);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Closes a file descriptor, see {@code close(2)}.
   *
   * @param capture receives {@code errno}
   * @param fd a file descriptor
   * @return 0; -1 on failure
   */
  public static int close(MemorySegment capture, int fd) {
    try {
      return (int) ErrnoHandles.OfLibC.CLOSE.invokeExact(capture, fd);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Creates an event descriptor, see {@code eventfd(2)}.
   *
   * @param capture receives {@code errno}
   * @param initial the first value of the counter
   * @param flags {@code EFD_*}
   * @return a file descriptor; -1 on failure
   */
  public static int eventfd(MemorySegment capture, int initial, int flags) {
    try {
      return (int) ErrnoHandles.OfLibC.EVENTFD.invokeExact(capture, initial, flags);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Reads a resource limit, see {@code getrlimit(2)}.
   *
   * @param capture receives {@code errno}
   * @param resource {@code RLIMIT_*}
   * @param limitOut where the {@code struct rlimit} goes
   * @return 0; -1 on failure
   */
  public static int getrlimit(MemorySegment capture, int resource, MemorySegment limitOut) {
    try {
      return (int) ErrnoHandles.OfLibC.GETRLIMIT.invokeExact(capture, resource, limitOut);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Reads the status flags of a file descriptor ({@code F_GETFL}), see {@code fcntl(2)}.
   *
   * @param capture receives {@code errno}
   * @param fd a file descriptor
   * @return {@code O_*} flags; -1 on failure
   */
  public static int getStatusFlags(MemorySegment capture, int fd) {
    return fcntl(capture, fd, LibC.F_GETFL(), 0);
  }

  /**
   * Sets the status flags of a file descriptor ({@code F_SETFL}), see {@code fcntl(2)}.
   *
   * @param capture receives {@code errno}
   * @param fd a file descriptor
   * @param flags {@code O_*} flags, such as {@code O_NONBLOCK}
   * @return 0; -1 on failure
   */
  public static int setStatusFlags(MemorySegment capture, int fd, int flags) {
    return fcntl(capture, fd, LibC.F_SETFL(), flags);
  }

  /**
   * Calls {@code fcntl(2)} with a command that takes an {@code int}.
   *
   * @param capture receives {@code errno}
   * @param fd a file descriptor
   * @param command {@code F_GETFL}, {@code F_SETFL} and the like
   * @param argument what the command takes
   * @return what the command returns; -1 on failure
   */
  public static int fcntl(MemorySegment capture, int fd, int command, int argument) {
    try {
      return (int) ErrnoHandles.OfLibC.FCNTL.invokeExact(capture, fd, command, argument);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }
}
