package io.verbena.collective;

/** The memory that a schedule names. Offsets and lengths in it count elements. */
enum Area {
  /** What the caller contributes. Nothing is ever written there. */
  INPUT(0),
  /** Where the caller finds the result; with an in-place request also what he contributes. */
  OUTPUT(1),
  /** Memory of whoever executes the schedule, with no content before or after. */
  SCRATCH(2);

  private static final Area[] ALL = values();

  /** How many areas there are. */
  static final int COUNT = ALL.length;

  /** Counts the areas from 0, for tables of them. */
  final byte number;

  Area(int number) {
    this.number = (byte) number;
  }

  static Area of(byte number) {
    return ALL[number];
  }

  Span at(long offset, long length) {
    return new Span(this, offset, length);
  }
}
