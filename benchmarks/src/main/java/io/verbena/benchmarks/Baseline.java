package io.verbena.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The C side of the comparison, {@code baseline.c}: one native call runs a long loop in C, so that
 * the way there and back does not count.
 *
 * <p>Threads: one at a time.
 */
final class Baseline implements AutoCloseable {
  private static final Linker LINKER = Linker.nativeLinker();

  private final MethodHandle poll;
  private final MethodHandle post;
  private final MethodHandle close;
  private final MemorySegment handle;

  /** Opens a device, a queue and a queue pair in C; {@code depth} requests may be outstanding. */
  Baseline(int depth) {
    SymbolLookup library = SymbolLookup.libraryLookup(StubLibrary.load(), Arena.global());
    MethodHandle open =
        function(
            library,
            "baseline_open",
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    poll =
        function(
            library,
            "baseline_poll",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    post =
        function(
            library,
            "baseline_post",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT));
    close = function(library, "baseline_close", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
    try {
      handle = (MemorySegment) open.invokeExact(depth);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    if (handle.address() == 0) {
      throw new IllegalStateException("baseline_open failed");
    }
  }

  private static MethodHandle function(
      SymbolLookup library, String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(library.findOrThrow(name), descriptor);
  }

  /** Polls an empty queue; returns the completions that were found, 0 then. */
  long poll(long times) {
    try {
      return (long) poll.invokeExact(handle, times);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Posts batches of single writes with {@code flags}; returns how many went wrong. */
  long post(long batches, int batch, int flags) {
    try {
      return (long) post.invokeExact(handle, batches, batch, flags);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try {
      close.invokeExact(handle);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
