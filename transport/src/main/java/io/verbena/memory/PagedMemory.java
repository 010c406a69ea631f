package io.verbena.memory;

import io.verbena.ffi.MappedMemory;
import io.verbena.ffi.libc.LibC;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
  private static final long HUGE_PAGE = 2 << 20;

  /** Allocates; the arena frees it. */
  static PagedMemory allocate(long bytes, MemoryConfig config, Arena arena) throws IOException {
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

  private static @Nullable PagedMemory huge(long bytes, long alignment, Arena arena) {
    MemorySegment mapped = map(roundUp(bytes), alignment, HUGE_PAGE, LibC.MAP_HUGETLB(), arena);
    if (mapped == null) {
      LOG.info(
          "No {} bytes in reserved huge pages (raise vm.nr_hugepages): transparent ones are used",
          bytes);
      return null;
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
        MappedMemory.preferHugePages(mapped) ? PageKind.TRANSPARENT : PageKind.STANDARD;
    return new PagedMemory(mapped.asSlice(0, bytes), pages);
  }

  private static PagedMemory standard(long bytes, long alignment, Arena arena) throws IOException {
    MemorySegment mapped = map(bytes, alignment, pageBytes(), 0, arena);
    if (mapped == null) {
      throw new IOException(
          "no memory for %d bytes: the system does not map them; see ulimit -v, vm.max_map_count and vm.overcommit_memory"
              .formatted(bytes));
    }
    return new PagedMemory(mapped, PageKind.STANDARD);
  }

  /** Maps so much more that the wanted alignment is in it; null if the system refuses. */
  private static @Nullable MemorySegment map(
      long bytes, long alignment, long given, int flags, Arena arena) {
    long spare = Math.max(0, alignment - given);
    if (bytes < 0 || bytes > Long.MAX_VALUE - spare) {
      return null;
    }
    MemorySegment mapped = MappedMemory.map(bytes + spare, flags, arena);
    return mapped == null
        ? null
        : mapped.asSlice(-mapped.address() & (Math.max(alignment, given) - 1), bytes);
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
