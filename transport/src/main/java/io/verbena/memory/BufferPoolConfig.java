package io.verbena.memory;

/**
 * How much memory a {@link RegisteredByteBufAllocator} takes, and in which portions. Immutable;
 * start from {@link #defaults}.
 *
 * @param firstSlabBytes the first portion that is registered, at least 64 KiB; each further one is
 *     as big as all before it together
 * @param largestSlabBytes where portions stop growing, at most 1 GiB; longer buffers get a
 *     registration of their own, which ends with them
 * @param ceilingBytes what is registered at most
 */
public record BufferPoolConfig(int firstSlabBytes, int largestSlabBytes, long ceilingBytes) {
  private static final int GIBIBYTE = 1 << 30;

  /** Rejects sizes that contradict each other, and rounds slabs down to multiples of 64 KiB. */
  public BufferPoolConfig {
    if (firstSlabBytes < Slab.UNIT) {
      throw new IllegalArgumentException(
          "firstSlabBytes must be at least %d: %d".formatted(Slab.UNIT, firstSlabBytes));
    }
    if (largestSlabBytes < firstSlabBytes || largestSlabBytes > GIBIBYTE) {
      throw new IllegalArgumentException(
          "largestSlabBytes must be from firstSlabBytes, %d, to %d: %d"
              .formatted(firstSlabBytes, GIBIBYTE, largestSlabBytes));
    }
    if (ceilingBytes < firstSlabBytes) {
      throw new IllegalArgumentException(
          "ceilingBytes must be at least firstSlabBytes, %d: %d"
              .formatted(firstSlabBytes, ceilingBytes));
    }
    firstSlabBytes = firstSlabBytes / Slab.UNIT * Slab.UNIT;
    largestSlabBytes = largestSlabBytes / Slab.UNIT * Slab.UNIT;
  }

  /**
   * Slabs from 4 to 64 MiB, and a ceiling as high as the Java heap may become.
   *
   * @return the defaults
   */
  public static BufferPoolConfig defaults() {
    int first = 4 << 20;
    return new BufferPoolConfig(first, 64 << 20, Math.max(first, Runtime.getRuntime().maxMemory()));
  }

  /**
   * A copy with other slabs.
   *
   * @param first the first portion in bytes
   * @param largest the largest portion in bytes
   * @return the copy
   */
  public BufferPoolConfig withSlabs(int first, int largest) {
    return new BufferPoolConfig(first, largest, ceilingBytes);
  }

  /**
   * A copy with another ceiling.
   *
   * @param bytes what is registered at most
   * @return the copy
   */
  public BufferPoolConfig withCeiling(long bytes) {
    return new BufferPoolConfig(firstSlabBytes, largestSlabBytes, bytes);
  }
}
