package io.verbena.memory;

import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the readable bytes of a {@code ByteBuf} lie: one range of registered memory for each piece,
 * ready to become the elements of a request. Filled by {@link RegisteredByteBufAllocator#locate},
 * again and again without allocating.
 *
 * <p>Threads: one at a time. Valid as long as the buffer is neither released nor grown.
 */
public final class BufferRanges {
  private final Slab[] slabs;
  private final long[] offsets;
  private final int[] lengths;
  private int count;

  /**
   * Creates an empty list.
   *
   * @param most how many ranges it takes: the elements that a request of the queue pair may have
   */
  public BufferRanges(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("most must be positive: " + most);
    }
    slabs = new Slab[most];
    offsets = new long[most];
    lengths = new int[most];
  }

  void clear() {
    count = 0;
  }

  /** False if there is no room. */
  boolean add(Slab slab, long address, int length) {
    long offset = address - slab.address;
    if (count > 0 && slabs[count - 1] == slab && end(count - 1) == offset) {
      lengths[count - 1] += length;
      return true;
    }
    if (count == slabs.length) {
      return false;
    }
    slabs[count] = slab;
    offsets[count] = offset;
    lengths[count++] = length;
    return true;
  }

  private long end(int index) {
    return offsets[index] + lengths[index];
  }

  /**
   * The number of ranges.
   *
   * @return 0 for a buffer without readable bytes
   */
  public int count() {
    return count;
  }

  /**
   * The region of a range.
   *
   * @param index less than {@link #count}
   * @return the region, or null where there is no adapter
   */
  public @Nullable MemoryRegion region(int index) {
    return slabs[Objects.checkIndex(index, count)].region;
  }

  /**
   * The region of a range, in one of several protection domains.
   *
   * @param index less than {@link #count}
   * @param domain that of the queue pair that is to use it
   * @return the region, or null if the memory is not registered there
   */
  public @Nullable MemoryRegion region(int index, ProtectionDomain domain) {
    return slabs[Objects.checkIndex(index, count)].region(domain);
  }

  /**
   * Where a range starts in its region.
   *
   * @param index less than {@link #count}
   * @return bytes from the region's first one
   */
  public long offset(int index) {
    return offsets[Objects.checkIndex(index, count)];
  }

  /**
   * Where a range starts.
   *
   * @param index less than {@link #count}
   * @return a virtual address of this process
   */
  public long address(int index) {
    return slabs[Objects.checkIndex(index, count)].address + offsets[index];
  }

  /**
   * How long a range is.
   *
   * @param index less than {@link #count}
   * @return bytes, at least 1
   */
  public int length(int index) {
    return lengths[Objects.checkIndex(index, count)];
  }
}
