package io.verbena.collective;

/**
 * What a {@link ChoiceTable} chose.
 *
 * @param segmentBytes 0 for no segments
 */
record Choice(Algorithm algorithm, long segmentBytes) {
  /** The segment in elements of a size, at least one element. */
  long segment(int elementBytes) {
    return segmentBytes == 0 ? 0 : Math.max(1, segmentBytes / elementBytes);
  }
}
