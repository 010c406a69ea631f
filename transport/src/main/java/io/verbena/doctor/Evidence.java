package io.verbena.doctor;

/**
 * What was seen. Immutable.
 *
 * @param source where: a file such as {@code /sys/class/infiniband/mlx5_0/ports/1/state}, a call or
 *     a property
 * @param value what it said, on one line and printable, or in parentheses why it said nothing
 */
public record Evidence(String source, String value) {
  /** Most characters of a text. */
  static final int LONGEST = 300;

  /** Makes both fit for a terminal: on one line, printable, not endless. */
  public Evidence {
    source = printable(source);
    value = printable(value);
  }

  /** Files say what they like: some characters a terminal obeys instead of showing them. */
  static String printable(String text) {
    String line =
        text.strip()
            .replaceAll("\\s+", " ")
            .replaceAll("[\\p{Cc}\\p{Cf}\\p{Cn}\\p{Co}\\p{Cs}]", "?");
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST - 3) + "...";
  }

  /**
   * For messages.
   *
   * @return for example {@code /sys/class/net/ib0/operstate: up}
   */
  @Override
  public String toString() {
    return source + ": " + value;
  }
}
