package io.verbena.collective;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A vector in blocks, as a rule one for each rank: how many elements each has, and where it is.
 * Immutable.
 *
 * <p>Stands for the counts and displacements of MPI's v-variants (MPI 4.1, section 6.5).
 *
 * <p>Blocks of about the same size take no memory, so that a million ranks can have them.
 */
public final class Blocks {
  private final int parts;

  /** Without arrays: the first {@code longer} blocks have one element more than the others. */
  private final long shortLength;

  private final int longer;

  private final long @Nullable [] offsets;
  private final long @Nullable [] sums;

  private Blocks(
      int parts, long shortLength, int longer, long @Nullable [] offsets, long @Nullable [] sums) {
    this.parts = parts;
    this.shortLength = shortLength;
    this.longer = longer;
    this.offsets = offsets;
    this.sums = sums;
  }

  /** Blocks of the same length, one behind the other. */
  static Blocks equal(int parts, long length) {
    return split(parts, Math.multiplyExact(parts, length));
  }

  /** A vector cut into blocks whose lengths differ by one element at most. */
  static Blocks split(int parts, long total) {
    if (parts < 1 || total < 0) {
      throw new IllegalArgumentException("%d elements in %d blocks".formatted(total, parts));
    }
    return new Blocks(parts, total / parts, (int) (total % parts), null, null);
  }

  /** A vector cut into segments of a length, or slightly less; 0 leaves it whole. */
  static Blocks segments(long total, long length) {
    long parts = length <= 0 ? 1 : Math.max(1, Math.ceilDiv(total, length));
    return split(Math.toIntExact(parts), total);
  }

  /**
   * Blocks of these lengths, one behind the other.
   *
   * @param lengths in elements, by rank
   * @return the blocks
   * @throws IllegalArgumentException if a length is negative, or there is none
   */
  public static Blocks of(long... lengths) {
    long[] offsets = new long[lengths.length];
    for (int i = 1; i < lengths.length; i++) {
      offsets[i] = Math.addExact(offsets[i - 1], lengths[i - 1]);
    }
    return of(lengths, offsets);
  }

  /**
   * Blocks of these lengths at these places, in any order, with or without gaps.
   *
   * @param lengths in elements, by rank
   * @param offsets of their first elements, by rank
   * @return the blocks
   * @throws IllegalArgumentException if a number is negative, or there are not as many of both
   */
  public static Blocks of(long[] lengths, long[] offsets) {
    if (lengths.length == 0 || lengths.length != offsets.length) {
      throw new IllegalArgumentException(
          "%d lengths of blocks, %d offsets".formatted(lengths.length, offsets.length));
    }
    long[] sums = new long[lengths.length + 1];
    for (int i = 0; i < lengths.length; i++) {
      if (lengths[i] < 0 || offsets[i] < 0) {
        throw new IllegalArgumentException(
            "block %d has %d elements at %d".formatted(i, lengths[i], offsets[i]));
      }
      sums[i + 1] = Math.addExact(sums[i], lengths[i]);
    }
    return new Blocks(lengths.length, 0, 0, offsets.clone(), sums);
  }

  int parts() {
    return parts;
  }

  long length(int block) {
    return sums == null ? shortLength + (block < longer ? 1 : 0) : sums[block + 1] - sums[block];
  }

  long longest() {
    if (sums == null) {
      return length(0);
    }
    long longest = 0;
    for (int i = 0; i < parts; i++) {
      longest = Math.max(longest, length(i));
    }
    return longest;
  }

  /** Where the block is. */
  long offset(int block) {
    return offsets == null ? before(block) : offsets[block];
  }

  /** How many elements the blocks before this one have. */
  long before(int block) {
    return sums == null ? block * shortLength + Math.min(block, longer) : sums[block];
  }

  long total() {
    return before(parts);
  }

  /** How many elements so many blocks from this one on have, block 0 following the last one. */
  long around(int block, int count) {
    int end = block + count;
    return end <= parts
        ? before(end) - before(block)
        : total() - before(block) + before(end - parts);
  }

  /** Whether each block starts where the one before it ends. */
  boolean isPacked() {
    for (int i = 0; offsets != null && i < parts; i++) {
      if (length(i) > 0 && offsets[i] != before(i)) {
        return false;
      }
    }
    return true;
  }

  /** The block in a vector. */
  Span of(Span vector, int block) {
    return length(block) == 0 ? vector.first(0) : vector.part(offset(block), length(block));
  }

  /** Consecutive blocks, as if all were packed, in a vector that starts with the first of them. */
  Span packed(Span vector, int from, int to) {
    return vector.part(before(from), before(to) - before(from));
  }

  /**
   * The elements of blocks {@code from} to {@code to - 1}, in as few pieces as their places allow.
   */
  void pieces(Span vector, int from, int to, Consumer<Span> each) {
    if (offsets == null) {
      each.accept(packed(vector, from, to));
      return;
    }
    int block = from;
    while (block < to) {
      if (length(block) == 0) {
        block++;
        continue;
      }
      long start = offsets[block];
      long end = start + length(block);
      block++;
      while (block < to && (length(block) == 0 || offsets[block] == end)) {
        end += length(block);
        block++;
      }
      each.accept(vector.part(start, end - start));
    }
  }

  /** How long a vector must be to have all the blocks. */
  long extent() {
    long extent = offsets == null ? total() : 0;
    for (int i = 0; offsets != null && i < parts; i++) {
      extent = Math.max(extent, length(i) == 0 ? 0 : offsets[i] + length(i));
    }
    return extent;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Blocks b
        && parts == b.parts
        && shortLength == b.shortLength
        && longer == b.longer
        && Arrays.equals(offsets, b.offsets)
        && Arrays.equals(sums, b.sums);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        parts, shortLength, longer, Arrays.hashCode(offsets), Arrays.hashCode(sums));
  }

  @Override
  public String toString() {
    return "%d elements in %d blocks%s"
        .formatted(total(), parts, offsets == null ? "" : " at " + Arrays.toString(offsets));
  }
}
