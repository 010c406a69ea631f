package io.verbena.samples;

/** Makes text of a peer fit for a terminal, which obeys some characters instead of showing them. */
public final class Printable {
  private Printable() {}

  /**
   * The text without control characters.
   *
   * @param text from anybody
   * @return the same length, with a question mark for each
   */
  public static String of(String text) {
    return text.replaceAll("[\\p{Cc}\\p{Cf}]", "?");
  }
}
