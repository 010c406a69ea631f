package io.verbena.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class ErrnoTest {
  private static final int LAST_OF_LINUX = 133;

  @Test
  void aNumberHasNameAndText() {
    assertEquals(new Errno(12, "ENOMEM", "Cannot allocate memory"), Errno.of(12));
    assertEquals("ENOMEM (12, Cannot allocate memory)", Errno.of(12).toString());
  }

  @Test
  void aNumberThatLinuxDoesNotDefineIsStillNamed() {
    assertEquals(new Errno(41, "errno 41", "Unknown error 41"), Errno.of(41));
    assertEquals(new Errno(-22, "errno -22", "Unknown error -22"), Errno.of(-22));
    assertEquals("Success", Errno.of(0).text());
  }

  /** {@code strerrorname_np(3)} and {@code strerrordesc_np(3)}: glibc from 2.32 on. */
  @Test
  void namesAndTextsAreThoseOfLibc() throws Throwable {
    for (int number = 1; number <= LAST_OF_LINUX; number++) {
      String name = ask("strerrorname_np", number);
      String text = ask("strerrordesc_np", number);
      if (name != null) {
        assertEquals(new Errno(number, name, text), Errno.of(number));
      } else {
        assertEquals("errno " + number, Errno.of(number).name());
      }
    }
  }

  private static String ask(String function, int number) throws Throwable {
    Linker linker = Linker.nativeLinker();
    SymbolLookup glibc = linker.defaultLookup();
    Assumptions.assumeTrue(glibc.find(function).isPresent(), "this libc has no " + function);
    MethodHandle handle =
        linker.downcallHandle(
            glibc.findOrThrow(function), FunctionDescriptor.of(ADDRESS, JAVA_INT));
    MemorySegment answer = (MemorySegment) handle.invokeExact(number);
    return answer.address() == 0 ? null : answer.reinterpret(256).getString(0);
  }
}
