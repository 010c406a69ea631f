package io.verbena.memory;

/**
 * How much memory a {@link RegisteredByteBufAllocator} takes, and in which portions. Immutable;
 * start from {@link #defaults}.
 *
 * <p>A small pool doubles, since registering takes long whatever the size; a big one grows by a
 * 64th, so that little lies idle. With the defaults at most 2 MiB or a 64th of the memory waits for
 * its first use once 16 MiB are registered. Buffers of 1 KiB have objects of another 8 %, or 9 %
 * with what Netty's leak detector keeps by default: what memory is taken beyond their bytes is at
 * most 12 % from about 70 MiB of them on.
 *
 * @param firstSlabBytes the first portion that is registered, at least 64 KiB. Each further one is
 *     as big as all before it together, until these are 8 times the first; from there on it is a
 *     64th of what there is, in multiples of the first. A buffer that does not fit in gets a
 *     portion of its length
 * @param largestSlabBytes where portions stop growing, at most 1 GiB; longer buffers get a
 *     registration of their own, which ends with them
 * @param ceilingBytes what is registered at most
 */
public record BufferPoolConfig(int firstSlabBytes, int largestSlabBytes, long ceilingBytes) {
  private static final int GIBIBYTE = 1 << 30;

  /** How often the first slab makes a pool that stops doubling. */
  private static final int DOUBLING_ENDS = 8;

  /** What part of a big pool the next slab is. */
  private static final int GROWTH = 64;

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
   * Slabs from 2 to 64 MiB, and a ceiling as high as the Java heap may become.
   *
   * @return the defaults
   */
  public static BufferPoolConfig defaults() {
    int first = 2 << 20;
    return new BufferPoolConfig(first, 64 << 20, Math.max(first, Runtime.getRuntime().maxMemory()));
  }

  /**
   * The longest buffer that there can be room for.
   *
   * @return bytes: the ceiling, in whole portions of 64 KiB, as far as a buffer's size is an int
   */
  public int longestBufferBytes() {
    return (int) Math.min(Slab.LARGEST, ceilingBytes / Slab.UNIT * Slab.UNIT);
  }

  /** How big the next slab should be when so many bytes are registered. */
  long nextSlabBytes(long registeredBytes) {
    long wanted =
        registeredBytes < (long) DOUBLING_ENDS * firstSlabBytes
            ? registeredBytes
            // In multiples, as a slab that ends within a huge page may take all of that page.
            : registeredBytes / GROWTH / firstSlabBytes * firstSlabBytes;
    return Math.clamp(wanted, firstSlabBytes, largestSlabBytes);
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
