package io.verbena.memory;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the slab of an address. Immutable. */
final class SlabTable {
  static final SlabTable EMPTY = new SlabTable(List.of());

  private final long[] starts;
  private final Slab[] slabs;

  SlabTable(List<Slab> slabs) {
    this.slabs =
        slabs.stream().sorted(Comparator.comparingLong(slab -> slab.address)).toArray(Slab[]::new);
    this.starts = Arrays.stream(this.slabs).mapToLong(slab -> slab.address).toArray();
  }

  /** The slab that has all of these bytes, or null. */
  @Nullable Slab find(long address, long length) {
    long[] sorted = starts;
    int low = 0;
    // Halves without a branch to mispredict: after it, the floor is at low, if there is one.
    for (int size = sorted.length; size > 1; ) {
      int half = size >>> 1;
      low = sorted[low + half] <= address ? low + half : low;
      size -= half;
    }
    if (low >= sorted.length) {
      return null;
    }
    Slab slab = slabs[low];
    long offset = address - slab.address;
    return offset >= 0 && offset <= slab.length() - length ? slab : null;
  }
}
