package io.verbena.collective;

import java.util.Arrays;

/**
 * The sends, or the receives, of a schedule: a flat table, in rounds. Rows {@code begin(r)} to
 * {@code end(r) - 1} belong to round {@code r}, in the order in which they are to be started.
 * Reading allocates nothing.
 */
final class Transfers {
  private int rows;
  private int[] peers = new int[4];
  private byte[] areas = new byte[4];
  private long[] offsets = new long[4];
  private long[] lengths = new long[4];
  private final Ends ends = new Ends();

  int begin(int round) {
    return ends.begin(round);
  }

  int end(int round) {
    return ends.end(round);
  }

  /** How many transfers all rounds have. */
  int count() {
    return rows;
  }

  /** The rank on the other side. */
  int peer(int row) {
    return peers[row];
  }

  Area area(int row) {
    return Area.of(areas[row]);
  }

  /** In elements. */
  long offset(int row) {
    return offsets[row];
  }

  /** In elements; 0 only where a message without content is meant, as in a barrier. */
  long length(int row) {
    return lengths[row];
  }

  Span span(int row) {
    return area(row).at(offset(row), length(row));
  }

  void add(int peer, Span span) {
    if (rows == peers.length) {
      resize(2 * rows);
    }
    peers[rows] = peer;
    areas[rows] = span.area().number;
    offsets[rows] = span.offset();
    lengths[rows] = span.length();
    rows++;
  }

  void endRound() {
    ends.add(rows);
  }

  void clear() {
    rows = 0;
    ends.clear();
  }

  void trim() {
    resize(rows);
    ends.trim();
  }

  private void resize(int size) {
    peers = Arrays.copyOf(peers, size);
    areas = Arrays.copyOf(areas, size);
    offsets = Arrays.copyOf(offsets, size);
    lengths = Arrays.copyOf(lengths, size);
  }
}
