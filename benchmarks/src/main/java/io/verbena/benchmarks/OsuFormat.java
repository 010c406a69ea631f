package io.verbena.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Lines as the OSU micro-benchmarks print them, so that what reads theirs reads ours: comments
 * begin with {@code #}, columns are as wide as theirs.
 */
final class OsuFormat {
  private static final String VERSION = "/io/verbena/doctor/version.txt";

  private static final int WIDTH = 18;

  private final Exercise exercise;

  OsuFormat(Exercise exercise) {
    this.exercise = exercise;
  }

  /** The first line: who was measured, what, and with which version. */
  String heading(String who) {
    return "# %s %s Test v%s".formatted(who, exercise.title(), version());
  }

  private static String version() {
    try (InputStream in = OsuFormat.class.getResourceAsStream(VERSION)) {
      if (in == null) {
        throw new IllegalStateException(VERSION + " is missing from the build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The last line of those before the rows. */
  String titles(String... columns) {
    return '#' + line("  Size", columns).substring(1);
  }

  /** A line of values. */
  String row(long bytes, double... values) {
    return line(
        Long.toString(bytes),
        Arrays.stream(values)
            .mapToObj(each -> String.format(Locale.ROOT, "%.2f", each))
            .toArray(String[]::new));
  }

  private String line(String size, String... cells) {
    StringBuilder line = new StringBuilder(exercise.hasSize() ? "%-10s".formatted(size) : "");
    for (String cell : cells) {
      // Without sizes theirs begin one place further to the left.
      int width = line.isEmpty() ? WIDTH - 1 : WIDTH;
      line.append(" ".repeat(Math.max(1, width - cell.length()))).append(cell);
    }
    return line.toString();
  }

  /** The last column, where it is a count. */
  static String count(Object cell) {
    return "%12s".formatted(cell);
  }

  /** The unit of their figures. */
  String unit() {
    return exercise.isRate() ? "MB/s" : "us";
  }

  /** Their figure for an exercise that took so long: half of a round trip, or millions of bytes. */
  double figure(long bytes, double micros) {
    return switch (exercise) {
      case LATENCY -> micros / 2;
      case STREAM -> Exercise.WINDOW * bytes / micros;
      case BOTH_WAYS -> 2 * Exercise.WINDOW * bytes / micros;
      default -> micros;
    };
  }
}
