package io.verbena.memory;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the slab of an address. Immutable. The range of addresses is divided into a few buckets for
 * each slab; a bucket says which slabs may be meant, mostly one or two. Halving a list of a
 * thousand alone would cost ten loads that each wait for the one before.
 */
final class SlabTable {
  static final SlabTable EMPTY = new SlabTable(List.of());

  private static final int BUCKETS_FOR_EACH = 4;

  private final long[] starts;
  private final Slab[] slabs;

  /** Of the first bucket. */
  private final long base;

  private final int shift;

  /** For each bucket the last slab that starts at or before it; one more for the end. */
  private final int[] floors;

  SlabTable(List<Slab> unsorted) {
    slabs =
        unsorted.stream()
            .sorted(Comparator.comparingLong(slab -> slab.address))
            .toArray(Slab[]::new);
    starts = new long[slabs.length];
    for (int i = 0; i < slabs.length; i++) {
      starts[i] = slabs[i].address;
    }
    base = slabs.length == 0 ? 0 : starts[0];
    long last = slabs.length == 0 ? 0 : slabs[slabs.length - 1].address - base;
    long range = slabs.length == 0 ? 0 : last + slabs[slabs.length - 1].length();
    int bits = 0;
    while (range >>> bits > (long) slabs.length * BUCKETS_FOR_EACH) {
      bits++;
    }
    shift = bits;
    floors = floors(range);
  }

  private int[] floors(long range) {
    if (range == 0) {
      return new int[0];
    }
    int[] each = new int[(int) (range >>> shift) + 2];
    int slab = 0;
    for (int i = 0; i < each.length; i++) {
      long start = base + ((long) i << shift);
      while (slab + 1 < starts.length && starts[slab + 1] <= start) {
        slab++;
      }
      each[i] = slab;
    }
    return each;
  }

  /** The slab that has all of these bytes, or null. */
  @Nullable Slab find(long address, long length) {
    long distance = address - base;
    long bucket = distance >> shift;
    if (bucket < 0 || bucket >= floors.length - 1) {
      return null;
    }
    int low = floors[(int) bucket];
    int high = floors[(int) bucket + 1];
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (starts[middle] <= address) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    Slab slab = slabs[low];
    long offset = address - slab.address;
    return offset >= 0 && offset <= slab.length() - length ? slab : null;
  }
}
