package io.verbena.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code dlopen(3)} says of a library that it does not open: the JDK keeps that to itself, and
 * "not installed" and "a library that it needs is missing" have different cures.
 */
final class DynamicLinker {
  private static final int RTLD_LAZY = 1;
  private static final long LONGEST_REASON = 4096;

  private DynamicLinker() {}

  /**
   * Tries to open a library that the JDK could not open.
   *
   * @return the text of {@code dlerror(3)}; null when it cannot be told
   */
  static @Nullable String reasonFor(String library) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup libc = linker.defaultLookup();
    Optional<MemorySegment> dlopen = libc.find("dlopen");
    Optional<MemorySegment> dlerror = libc.find("dlerror");
    if (dlopen.isEmpty() || dlerror.isEmpty()) {
      return null;
    }
    MethodHandle open =
        linker.downcallHandle(dlopen.get(), FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
    MethodHandle error = linker.downcallHandle(dlerror.get(), FunctionDescriptor.of(ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      var opened = (MemorySegment) open.invokeExact(arena.allocateFrom(library), RTLD_LAZY);
      var reason = (MemorySegment) error.invokeExact();
      return opened.address() != 0 || reason.address() == 0
          ? null
          : reason.reinterpret(LONGEST_REASON).getString(0);
    } catch (Throwable e) {
      throw new AssertionError("dlopen and dlerror throw nothing", e);
    }
  }
}
