package io.verbena.memory;

import io.verbena.cause.Cause;
import io.verbena.ffi.MappedMemory;
import io.verbena.ffi.libc.LibC;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Zeroed memory, mapped for itself, and what its pages really are.
 *
 * @param segment the memory
 * @param pages what was got, which may be less than what was wanted
 */
record PagedMemory(MemorySegment segment, PageKind pages) {
  private static final Logger LOG = LoggerFactory.getLogger(PagedMemory.class);
  private static final int HUGE_PAGE_SHIFT = 21;
  private static final long USUAL_PAGE = 4096;
  private static final long HUGE_PAGE = 1L << HUGE_PAGE_SHIFT;
  private static final Path TRANSPARENT_PAGES =
      Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

  /** Allocates; the arena frees it. */
  static PagedMemory allocate(long bytes, MemoryConfig config, Arena arena) throws IOException {
    if (!MappedMemory.isAllowed()) {
      // No adapter can be used either, so nobody asks what pages these are.
      long alignment = Math.max(config.alignment(), USUAL_PAGE);
      try {
        return new PagedMemory(arena.allocate(bytes, alignment), PageKind.STANDARD);
      } catch (OutOfMemoryError e) {
        throw new IOException("no %d bytes of memory: %s".formatted(bytes, e.getMessage()), e);
      }
    }
    PagedMemory memory = null;
    if (config.pages() == PageKind.HUGE) {
      memory = huge(bytes, config.alignment(), arena);
    }
    if (memory == null && config.pages() != PageKind.STANDARD && bytes >= HUGE_PAGE) {
      memory = transparent(bytes, config.alignment(), arena);
    }
    if (memory == null) {
      memory = standard(bytes, config.alignment(), arena);
    }
    if (config.touched()) {
      memory.touch();
    }
    return memory;
  }

  private static @Nullable PagedMemory huge(long bytes, long alignment, Arena arena)
      throws IOException {
    // Of that size, whatever the system's default is: it may be 1 GiB.
    int flags = LibC.MAP_HUGETLB() | HUGE_PAGE_SHIFT << LibC.MAP_HUGE_SHIFT();
    MemorySegment mapped = map(roundUp(bytes), alignment, HUGE_PAGE, flags, arena);
    if (mapped == null) {
      LOG.info(
          "No {} bytes in reserved huge pages of 2 MiB (raise vm.nr_hugepages): transparent ones"
              + " are used",
          bytes);
      return null;
    }
    // A limit of the control group counts when a page is touched, and kills who does.
    if (!MappedMemory.populate(mapped)) {
      throw new IOException(
          "%d bytes in huge pages were promised and not given: see hugetlb.2MB.max of the control group; needs Linux 5.14"
              .formatted(bytes));
    }
    return new PagedMemory(mapped.asSlice(0, bytes), PageKind.HUGE);
  }

  private static @Nullable PagedMemory transparent(long bytes, long alignment, Arena arena) {
    MemorySegment mapped =
        map(roundUp(bytes), Math.max(alignment, HUGE_PAGE), pageBytes(), 0, arena);
    if (mapped == null) {
      return null;
    }
    PageKind pages =
        MappedMemory.preferHugePages(mapped) && areTransparentPagesOn()
            ? PageKind.TRANSPARENT
            : PageKind.STANDARD;
    return new PagedMemory(mapped.asSlice(0, bytes), pages);
  }

  /** The advice is taken also where it is not followed. */
  private static boolean areTransparentPagesOn() {
    try {
      return isOn(Files.readString(TRANSPARENT_PAGES));
    } catch (IOException e) {
      return false;
    }
  }

  /** What the system says has the choice in brackets. */
  static boolean isOn(String setting) {
    return !setting.contains("[never]");
  }

  private static PagedMemory standard(long bytes, long alignment, Arena arena) throws IOException {
    MemorySegment mapped = map(bytes, alignment, pageBytes(), 0, arena);
    if (mapped == null) {
      throw new IOException("no memory for %d bytes, %s".formatted(bytes, Cause.ADDRESS_SPACE));
    }
    return new PagedMemory(mapped, PageKind.STANDARD);
  }

  /** Null if the system refuses. */
  private static @Nullable MemorySegment map(
      long bytes, long alignment, long given, int flags, Arena arena) {
    if (bytes < 0) {
      return null;
    }
    return alignment <= given
        ? MappedMemory.map(bytes, flags, arena)
        : MappedMemory.mapAligned(bytes, alignment, flags, arena);
  }

  /** The first access to a page is what brings it. */
  private void touch() {
    long page = pageBytes();
    for (long offset = 0; offset < segment.byteSize(); offset += page) {
      segment.set(ValueLayout.JAVA_BYTE, offset, (byte) 0);
    }
  }

  private static long pageBytes() {
    return LibC.sysconf(LibC._SC_PAGESIZE());
  }

  /** Negative if that is no number any more. */
  private static long roundUp(long bytes) {
    return (bytes + HUGE_PAGE - 1) & -HUGE_PAGE;
  }
}
