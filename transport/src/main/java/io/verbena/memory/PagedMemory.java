package io.verbena.memory;

import io.verbena.ffi.MappedMemory;
import io.verbena.ffi.libc.LibC;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Zeroed memory and what its pages really are.
 *
 * @param segment the memory
 * @param pages what was got, which may be less than what was wanted
 */
record PagedMemory(MemorySegment segment, PageKind pages) {
  private static final Logger LOG = LoggerFactory.getLogger(PagedMemory.class);

  /** Registered memory starts on a page, as adapters map pages. */
  private static final long PAGE = 4096;

  private static final long HUGE_PAGE = 2 << 20;

  /** Allocates; the arena frees it. */
  static PagedMemory allocate(long bytes, PageKind wanted, Arena arena) throws IOException {
    PagedMemory memory = wanted == PageKind.HUGE ? huge(bytes, arena) : null;
    if (memory == null && wanted != PageKind.STANDARD && bytes >= HUGE_PAGE) {
      memory = transparent(bytes, arena);
    }
    if (memory != null) {
      return memory;
    }
    try {
      return new PagedMemory(arena.allocate(bytes, PAGE), PageKind.STANDARD);
    } catch (OutOfMemoryError e) {
      throw new IOException(
          "no memory for %d bytes: %s; raise the limit with -XX:MaxDirectMemorySize="
              .formatted(bytes, e.getMessage()),
          e);
    }
  }

  private static @Nullable PagedMemory huge(long bytes, Arena arena) {
    long length = roundUp(bytes);
    MemorySegment mapped =
        length < bytes ? null : MappedMemory.map(length, LibC.MAP_HUGETLB(), arena);
    if (mapped == null) {
      LOG.info(
          "No {} bytes in reserved huge pages (raise vm.nr_hugepages): transparent ones are used",
          bytes);
      return null;
    }
    return new PagedMemory(mapped.asSlice(0, bytes), PageKind.HUGE);
  }

  private static @Nullable PagedMemory transparent(long bytes, Arena arena) {
    long length = roundUp(bytes);
    MemorySegment mapped = length < bytes ? null : MappedMemory.map(length + HUGE_PAGE, 0, arena);
    if (mapped == null) {
      return null;
    }
    MemorySegment aligned = mapped.asSlice(-mapped.address() & (HUGE_PAGE - 1), length);
    PageKind pages =
        MappedMemory.preferHugePages(aligned) ? PageKind.TRANSPARENT : PageKind.STANDARD;
    return new PagedMemory(aligned.asSlice(0, bytes), pages);
  }

  private static long roundUp(long bytes) {
    return (bytes + HUGE_PAGE - 1) & -HUGE_PAGE;
  }
}
