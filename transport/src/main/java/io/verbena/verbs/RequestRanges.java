package io.verbena.verbs;

import java.util.Arrays;

/**
 * Ranges of the numbers that requests of a queue have, in order; immutable. Few are kept: the
 * oldest become one together with what is between them.
 */
final class RequestRanges {
  static final RequestRanges NONE = new RequestRanges(new long[0]);

  static final int MOST = 16;

  /** Start and end, by turns; the end is not part of the range. */
  private final long[] bounds;

  private RequestRanges(long[] bounds) {
    this.bounds = bounds;
  }

  /** Adds a range, which starts where the last one ends, or later. */
  RequestRanges with(long start, long end) {
    if (start >= end) {
      return this;
    }
    int length = bounds.length;
    if (length > 0 && bounds[length - 1] == start) {
      long[] longer = bounds.clone();
      longer[length - 1] = end;
      return new RequestRanges(longer);
    }
    long[] more = Arrays.copyOf(bounds, length + 2);
    more[length] = start;
    more[length + 1] = end;
    if (more.length > 2 * MOST) {
      long first = more[0];
      more = Arrays.copyOfRange(more, 2, more.length);
      more[0] = first;
    }
    return new RequestRanges(more);
  }

  boolean contains(long request) {
    // The latest are asked for most.
    for (int i = bounds.length - 2; i >= 0; i -= 2) {
      if (request >= bounds[i]) {
        return request < bounds[i + 1];
      }
    }
    return false;
  }
}
