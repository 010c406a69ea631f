package io.verbena.ffi;

import io.verbena.ffi.libc.LibC;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Anonymous memory from {@code mmap(2)}, for pages of a size that an {@link Arena} does not offer.
 * Zeroed, and not there before it is touched.
 */
public final class MappedMemory {
  private MappedMemory() {}

  /**
   * Maps memory that only this process sees.
   *
   * @param bytes its length; with {@code MAP_HUGETLB} a multiple of the size of huge pages
   * @param flags {@code MAP_*} flags beside {@code MAP_PRIVATE} and {@code MAP_ANONYMOUS}
   * @param arena unmaps it when it is closed
   * @return the memory, or null if the system refuses
   */
  public static @Nullable MemorySegment map(long bytes, int flags, Arena arena) {
    MemorySegment mapped =
        LibC.mmap(
            MemorySegment.NULL,
            bytes,
            LibC.PROT_READ() | LibC.PROT_WRITE(),
            LibC.MAP_PRIVATE() | LibC.MAP_ANONYMOUS() | flags,
            -1,
            0);
    return mapped.equals(LibC.MAP_FAILED())
        ? null
        : mapped.reinterpret(bytes, arena, memory -> LibC.munmap(memory, bytes));
  }

  /**
   * Asks for huge pages where they fit, see {@code madvise(2)}.
   *
   * @param memory what was mapped, or part of it that starts on a page
   * @return whether the system knows how
   */
  public static boolean preferHugePages(MemorySegment memory) {
    return LibC.madvise(memory, memory.byteSize(), LibC.MADV_HUGEPAGE()) == 0;
  }
}
