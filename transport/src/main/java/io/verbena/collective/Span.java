package io.verbena.collective;

/** Consecutive elements of an area, while a schedule is being written. */
record Span(Area area, long offset, long length) {
  Span {
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException("%d elements at %d".formatted(length, offset));
    }
  }

  /** Elements of this span; the offset counts from its start. */
  Span part(long from, long count) {
    if (from < 0 || count < 0 || from > length - count) {
      throw new IllegalArgumentException("%d elements at %d of %s".formatted(count, from, this));
    }
    return new Span(area, offset + from, count);
  }

  Span first(long count) {
    return part(0, count);
  }

  boolean isEmpty() {
    return length == 0;
  }

  boolean overlaps(Span other) {
    return area == other.area
        && length > 0
        && other.length > 0
        && offset < other.offset + other.length
        && other.offset < offset + length;
  }
}
