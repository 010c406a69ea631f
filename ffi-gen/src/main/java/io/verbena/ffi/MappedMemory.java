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
  private static final System.Logger LOG = System.getLogger(MappedMemory.class.getName());

  private static final boolean ALLOWED = probe();

  private static final int MOST_TRIES = 8;

  private MappedMemory() {}

  private static boolean probe() {
    try {
      return LibC.sysconf(LibC._SC_PAGESIZE()) > 0;
    } catch (ExceptionInInitializerError e) {
      if (e.getCause() instanceof IllegalCallerException) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Whether this module may call the system.
   *
   * @return false if the JVM denies it, see {@code --enable-native-access} and {@code
   *     --illegal-native-access}
   */
  public static boolean isAllowed() {
    return ALLOWED;
  }

  /**
   * Maps memory that only this process sees.
   *
   * @param bytes its length; with {@code MAP_HUGETLB} a multiple of the size of huge pages
   * @param flags {@code MAP_*} flags beside {@code MAP_PRIVATE} and {@code MAP_ANONYMOUS}
   * @param arena unmaps it when it is closed
   * @return the memory, or null if the system refuses
   */
  public static @Nullable MemorySegment map(long bytes, int flags, Arena arena) {
    MemorySegment mapped = map(MemorySegment.NULL, bytes, readAndWrite(), flags);
    return mapped == null ? null : unmappedWith(arena, mapped);
  }

  /**
   * Maps memory that starts at a multiple of so many bytes, and nothing beside it.
   *
   * @param bytes its length; with {@code MAP_HUGETLB} a multiple of the size of huge pages
   * @param alignment a power of two, at least the size of the pages
   * @param flags as of {@link #map}
   * @param arena unmaps it when it is closed
   * @return the memory, or null if the system refuses
   */
  public static @Nullable MemorySegment mapAligned(
      long bytes, long alignment, int flags, Arena arena) {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      MemorySegment place = findPlace(bytes, alignment);
      MemorySegment mapped = place == null ? null : map(place, bytes, readAndWrite(), flags);
      if (mapped == null) {
        return null;
      }
      if (mapped.address() % alignment == 0) {
        return unmappedWith(arena, mapped);
      }
      // Another thread was faster. MAP_FIXED would take its memory away.
      unmap(mapped);
    }
    return null;
  }

  /** Where there are so many addresses that nobody uses just now. */
  private static @Nullable MemorySegment findPlace(long bytes, long alignment) {
    long spare = alignment - LibC.sysconf(LibC._SC_PAGESIZE());
    if (bytes > Long.MAX_VALUE - spare) {
      return null;
    }
    MemorySegment addresses =
        map(MemorySegment.NULL, bytes + spare, LibC.PROT_NONE(), LibC.MAP_NORESERVE());
    if (addresses == null) {
      return null;
    }
    unmap(addresses);
    return addresses.asSlice(-addresses.address() & (alignment - 1), bytes);
  }

  private static int readAndWrite() {
    return LibC.PROT_READ() | LibC.PROT_WRITE();
  }

  private static @Nullable MemorySegment map(
      MemorySegment where, long bytes, int protection, int flags) {
    MemorySegment mapped =
        LibC.mmap(
            where, bytes, protection, LibC.MAP_PRIVATE() | LibC.MAP_ANONYMOUS() | flags, -1, 0);
    return mapped.equals(LibC.MAP_FAILED()) ? null : mapped.reinterpret(bytes);
  }

  private static MemorySegment unmappedWith(Arena arena, MemorySegment mapped) {
    long bytes = mapped.byteSize();
    return mapped.reinterpret(
        bytes,
        arena,
        memory -> {
          MemorySegment whole = memory.reinterpret(bytes);
          if (arena instanceof HoldableArena holdable) {
            holdable.unmap(whole);
          } else {
            unmap(whole);
          }
        });
  }

  /** Closing an arena may not fail half-way; but memory that stays must not go unnoticed. */
  static void unmap(MemorySegment memory) {
    if (LibC.munmap(memory, memory.byteSize()) != 0) {
      warn("munmap refuses {0} bytes at 0x{1}: they stay mapped", memory);
    }
  }

  /**
   * Gives the memory back, and keeps anything else from being mapped at its addresses until {@link
   * #unmap}. No access is possible meanwhile.
   *
   * <p>If the system refuses, the memory is lost: POSIX lets a refused {@code mmap} have removed
   * what was there (Linux does that before it makes the new mapping), so that the addresses may be
   * another's by now, whose memory {@link #unmap} would take away.
   *
   * @return false if the system refuses: leave the addresses alone
   */
  static boolean vacate(MemorySegment memory) {
    MemorySegment kept =
        LibC.mmap(
            memory,
            memory.byteSize(),
            LibC.PROT_NONE(),
            LibC.MAP_PRIVATE() | LibC.MAP_ANONYMOUS() | LibC.MAP_NORESERVE() | LibC.MAP_FIXED(),
            -1,
            0);
    if (kept.equals(LibC.MAP_FAILED())) {
      warn("mmap refuses to keep {0} addresses from 0x{1} out of use: the memory is lost", memory);
      return false;
    }
    return true;
  }

  private static void warn(String message, MemorySegment memory) {
    LOG.log(
        System.Logger.Level.WARNING,
        message,
        Long.toString(memory.byteSize()),
        Long.toHexString(memory.address()));
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

  /**
   * Makes all pages present at once, so that no later access to one fails: where memory runs out
   * then, the process gets {@code SIGBUS}. See {@code MADV_POPULATE_WRITE} in {@code madvise(2)}.
   *
   * @param memory what was mapped
   * @return false if there are not so many pages, or the system does not know how (before Linux
   *     5.14)
   */
  public static boolean populate(MemorySegment memory) {
    return LibC.madvise(memory, memory.byteSize(), LibC.MADV_POPULATE_WRITE()) == 0;
  }
}
