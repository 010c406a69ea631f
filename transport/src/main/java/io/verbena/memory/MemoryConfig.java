package io.verbena.memory;

import java.util.Objects;

/**
 * How {@link MemoryDomain#allocate(long, MemoryConfig)} lays memory out. Immutable; start from
 * {@link #defaults}.
 *
 * @param pages what the pages should be like; the next best are taken where the system has none
 * @param alignment what the address of the first byte is a multiple of, a power of two up to 1 GiB;
 *     it is on a page at least
 * @param touched whether the allocating thread touches every page, so that no later access has to
 *     wait for one. With an adapter all pages are there anyway, since registering pins them.
 *     Without one, pages that are not touched come when they are first accessed: they cost nothing
 *     until then, and on a machine of several NUMA nodes each lies near the thread that used it
 *     first, not near the one that allocated it
 */
public record MemoryConfig(PageKind pages, long alignment, boolean touched) {
  private static final long MOST_ALIGNMENT = 1 << 30;

  /** Rejects an alignment that is not a power of two or too big. */
  public MemoryConfig {
    Objects.requireNonNull(pages, "pages");
    if (Long.bitCount(alignment) != 1 || alignment < 1 || alignment > MOST_ALIGNMENT) {
      throw new IllegalArgumentException(
          "alignment must be a power of two up to %d: %d".formatted(MOST_ALIGNMENT, alignment));
    }
  }

  /**
   * Standard pages, no alignment beyond them, touched when they are used.
   *
   * @return the defaults
   */
  public static MemoryConfig defaults() {
    return new MemoryConfig(PageKind.STANDARD, 1, false);
  }

  /**
   * A copy with other pages.
   *
   * @param kind what is wanted
   * @return the copy
   */
  public MemoryConfig withPages(PageKind kind) {
    return new MemoryConfig(kind, alignment, touched);
  }

  /**
   * A copy with another alignment.
   *
   * @param bytes a power of two
   * @return the copy
   */
  public MemoryConfig withAlignment(long bytes) {
    return new MemoryConfig(pages, bytes, touched);
  }

  /**
   * A copy with pages that are touched when they are allocated, or not.
   *
   * @param now true for the allocating thread, false for the first user
   * @return the copy
   */
  public MemoryConfig withTouched(boolean now) {
    return new MemoryConfig(pages, alignment, now);
  }
}
