package io.verbena.collective;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A line of a {@link ChoiceTable}.
 *
 * @param segmentBytes 0 for no segments
 */
record ChoiceRule(
    Algorithm algorithm, Bounds ranks, Bounds bytes, boolean powerOfTwo, long segmentBytes) {

  /** From a number to another one, both included. */
  record Bounds(long least, long most) {
    static final Bounds ANY = new Bounds(0, Long.MAX_VALUE);

    boolean contain(long number) {
      return number >= least && number <= most;
    }

    static Bounds parse(String text) {
      int dots = text.indexOf("..");
      if (dots < 0) {
        return new Bounds(number(text), number(text));
      }
      String from = text.substring(0, dots);
      String to = text.substring(dots + 2);
      Bounds bounds =
          new Bounds(
              from.isEmpty() ? ANY.least : number(from), to.isEmpty() ? ANY.most : number(to));
      if (bounds.least > bounds.most) {
        throw new IllegalArgumentException("no number is in \"" + text + "\"");
      }
      return bounds;
    }

    String text() {
      if (least == most) {
        return size(least);
      }
      return (least == ANY.least ? "" : size(least)) + ".." + (most == ANY.most ? "" : size(most));
    }
  }

  private static final String[] UNITS = {"GiB", "MiB", "KiB"};

  boolean isUnconditional() {
    return ranks.equals(Bounds.ANY) && bytes.equals(Bounds.ANY) && !powerOfTwo;
  }

  boolean applies(Demand demand) {
    return demand.allows(algorithm)
        && ranks.contain(demand.ranks())
        && bytes.contain(demand.bytes())
        && (!powerOfTwo || Integer.bitCount(demand.ranks()) == 1);
  }

  /** Says in its exception what is wrong with the line. */
  static ChoiceRule parse(String line) {
    String[] words = line.strip().split("\\s+", -1);
    if (words.length < 2) {
      throw new IllegalArgumentException("an algorithm is missing");
    }
    Algorithm algorithm = algorithm(words[0], words[1]);
    Bounds ranks = Bounds.ANY;
    Bounds bytes = Bounds.ANY;
    boolean powerOfTwo = false;
    long segment = 0;
    List<String> seen = new ArrayList<>();
    for (String word : List.of(words).subList(2, words.length)) {
      int equals = word.indexOf('=');
      String key = equals < 0 ? word : word.substring(0, equals);
      String value = equals < 0 ? "" : word.substring(equals + 1);
      if (seen.contains(key)) {
        throw new IllegalArgumentException("\"" + key + "\" is there twice");
      }
      seen.add(key);
      switch (key) {
        case "ranks" -> ranks = Bounds.parse(value);
        case "bytes" -> bytes = Bounds.parse(value);
        case "segment" -> segment = segment(value);
        case "when" -> {
          if (!value.equals("power-of-two")) {
            throw new IllegalArgumentException(
                "\"" + word + "\" is unknown; there is when=power-of-two");
          }
          powerOfTwo = true;
        }
        default ->
            throw new IllegalArgumentException(
                "\"" + word + "\" is unknown; there are ranks=, bytes=, when= and segment=");
      }
    }
    return new ChoiceRule(algorithm, ranks, bytes, powerOfTwo, segment);
  }

  private static Algorithm algorithm(String collective, String label) {
    List<String> collectives = new ArrayList<>();
    for (Collective each : Collective.values()) {
      collectives.add(each.label());
    }
    if (!collectives.contains(collective)) {
      throw new IllegalArgumentException(
          "\"%s\" is no collective; there are %s"
              .formatted(collective, String.join(", ", collectives)));
    }
    List<String> labels = new ArrayList<>();
    for (Algorithm each : Algorithm.values()) {
      if (each.collective().label().equals(collective)) {
        if (each.label().equals(label)) {
          return each;
        }
        labels.add(each.label());
      }
    }
    throw new IllegalArgumentException(
        "\"%s\" is no algorithm of %s; there are %s"
            .formatted(label, collective, String.join(", ", labels)));
  }

  private static long segment(String text) {
    long bytes = number(text);
    if (bytes == 0) {
      throw new IllegalArgumentException("a segment of 0 bytes; leave it out to have no segments");
    }
    return bytes;
  }

  private static long number(String text) {
    long unit = 1;
    String digits = text;
    for (int i = 0; i < UNITS.length; i++) {
      if (text.endsWith(UNITS[i])) {
        unit = 1L << (10 * (UNITS.length - i));
        digits = text.substring(0, text.length() - UNITS[i].length());
      }
    }
    boolean isNumber = !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    try {
      if (isNumber) {
        return Math.multiplyExact(Long.parseLong(digits), unit);
      }
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException("\"" + text + "\" is too large", e);
    }
    throw new IllegalArgumentException("\"" + text + "\" is no number such as 64, 2KiB or 1MiB");
  }

  private static String size(long number) {
    for (int i = 0; i < UNITS.length; i++) {
      long unit = 1L << (10 * (UNITS.length - i));
      if (number >= unit && number % unit == 0) {
        return number / unit + UNITS[i];
      }
    }
    return Long.toString(number);
  }

  /** The line, which {@link #parse} reads again. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(Locale.ROOT, "%-15s %s", algorithm.collective().label(), algorithm.label()));
    if (!ranks.equals(Bounds.ANY)) {
      line.append(" ranks=").append(ranks.text());
    }
    if (!bytes.equals(Bounds.ANY)) {
      line.append(" bytes=").append(bytes.text());
    }
    if (powerOfTwo) {
      line.append(" when=power-of-two");
    }
    if (segmentBytes > 0) {
      line.append(" segment=").append(size(segmentBytes));
    }
    return line.toString();
  }
}
