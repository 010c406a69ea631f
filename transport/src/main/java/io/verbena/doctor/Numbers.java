package io.verbena.doctor;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers as the kernel writes them in its files. */
final class Numbers {
  private static final Pattern CODE = Pattern.compile("(\\d{1,9})(:.*)?");
  private static final Pattern RATE =
      Pattern.compile("(\\d{1,6})(?:\\.(\\d))? Gb/sec \\((\\d{1,2})X.*", Pattern.DOTALL);

  private Numbers() {}

  /** A decimal number, or a hexadecimal one with 0x before it; the other value if it is none. */
  static int parse(String text, int otherwise) {
    try {
      long value = Long.decode(text.strip());
      return value == (int) value ? (int) value : otherwise;
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  /** The number before the colon, as in {@code 4: ACTIVE}; -1 if there is none. */
  static int code(String text) {
    Matcher code = CODE.matcher(text.strip());
    return code.matches() ? Integer.parseInt(code.group(1)) : -1;
  }

  /** The lanes in a rate such as {@code 200 Gb/sec (4X HDR)}; 0 if unknown. */
  static int lanes(String rate) {
    Matcher parts = RATE.matcher(rate.strip());
    return parts.matches() ? Integer.parseInt(parts.group(3)) : 0;
  }

  /** The rate of one lane in a rate such as {@code 2.5 Gb/sec (1X SDR)}; 0 if unknown. */
  static int laneMegabitsPerSecond(String rate) {
    Matcher parts = RATE.matcher(rate.strip());
    if (!parts.matches() || lanes(rate) == 0) {
      return 0;
    }
    int tenths = parts.group(2) == null ? 0 : Integer.parseInt(parts.group(2));
    return (Integer.parseInt(parts.group(1)) * 1000 + tenths * 100) / lanes(rate);
  }
}
