package io.verbena.collective;

import java.util.Arrays;

/**
 * The local steps of a schedule: a flat table, in rounds, each row either {@code target = left (op)
 * right}, element by element, or {@code target = left}, a copy. The steps of a round run in the
 * order of the table. The target is either the very elements of an operand, or apart from it.
 * Reading allocates nothing.
 */
final class Steps {
  private static final byte NONE = -1;

  private int rows;
  private byte[] areas = new byte[12];
  private long[] numbers = new long[16];
  private final Ends ends = new Ends();

  int begin(int round) {
    return ends.begin(round);
  }

  int end(int round) {
    return ends.end(round);
  }

  /** How many steps all rounds have. */
  int count() {
    return rows;
  }

  /** Whether this is a copy, which has no right operand. */
  boolean isCopy(int row) {
    return areas[3 * row + 2] == NONE;
  }

  Area target(int row) {
    return Area.of(areas[3 * row]);
  }

  /** In elements, as all offsets. */
  long targetOffset(int row) {
    return numbers[4 * row];
  }

  Area left(int row) {
    return Area.of(areas[3 * row + 1]);
  }

  long leftOffset(int row) {
    return numbers[4 * row + 1];
  }

  Area right(int row) {
    return Area.of(areas[3 * row + 2]);
  }

  long rightOffset(int row) {
    return numbers[4 * row + 2];
  }

  /** In elements, at least 1. */
  long length(int row) {
    return numbers[4 * row + 3];
  }

  Span targetSpan(int row) {
    return target(row).at(targetOffset(row), length(row));
  }

  Span leftSpan(int row) {
    return left(row).at(leftOffset(row), length(row));
  }

  Span rightSpan(int row) {
    return right(row).at(rightOffset(row), length(row));
  }

  void addReduce(Span left, Span right, Span target) {
    add(left, right.area().number, right.offset(), target);
  }

  void addCopy(Span from, Span target) {
    add(from, NONE, 0, target);
  }

  private void add(Span left, byte rightArea, long rightOffset, Span target) {
    if (3 * rows == areas.length) {
      areas = Arrays.copyOf(areas, 6 * rows);
      numbers = Arrays.copyOf(numbers, 8 * rows);
    }
    areas[3 * rows] = target.area().number;
    areas[3 * rows + 1] = left.area().number;
    areas[3 * rows + 2] = rightArea;
    numbers[4 * rows] = target.offset();
    numbers[4 * rows + 1] = left.offset();
    numbers[4 * rows + 2] = rightOffset;
    numbers[4 * rows + 3] = target.length();
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
    areas = Arrays.copyOf(areas, 3 * rows);
    numbers = Arrays.copyOf(numbers, 4 * rows);
    ends.trim();
  }
}
