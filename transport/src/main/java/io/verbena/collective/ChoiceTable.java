package io.verbena.collective;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which algorithm does which collective: lines of text, of which the first that applies is taken.
 * The comment at the start of {@code choices.txt}, the table that comes along, says how lines are
 * written. Immutable; all ranks must have the same table.
 */
final class ChoiceTable {
  /** Of the environment: the file with lines that come before those of the table. */
  static final String VARIABLE = "VERBENA_CHOICES";

  private static final String DEFAULTS = "choices.txt";

  private final List<ChoiceRule> rules;

  private ChoiceTable(List<ChoiceRule> rules) {
    this.rules = List.copyOf(rules);
  }

  /** The table that comes along. */
  static ChoiceTable defaults() {
    return Defaults.TABLE;
  }

  /**
   * The table that comes along, behind the lines of a file if the environment names one.
   *
   * @throws IOException if there is no such file
   * @throws IllegalArgumentException names the line of it that cannot be read
   */
  static ChoiceTable of(Map<String, String> environment) throws IOException {
    String file = environment.getOrDefault(VARIABLE, "");
    if (file.isEmpty()) {
      return defaults();
    }
    try {
      return defaults().overriddenBy(file, Files.readString(Path.of(file)));
    } catch (IOException | InvalidPathException e) {
      throw new IOException(
          "%s names %s, which cannot be read: %s".formatted(VARIABLE, file, e), e);
    }
  }

  /** Read when it is first asked for. */
  private static final class Defaults {
    static final ChoiceTable TABLE = parse(DEFAULTS, read());

    private static String read() {
      try (InputStream in = ChoiceTable.class.getResourceAsStream(DEFAULTS)) {
        if (in == null) {
          throw new IllegalStateException(DEFAULTS + " is missing from this jar");
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(DEFAULTS, e);
      }
    }
  }

  /**
   * Reads a whole table.
   *
   * @param name of the text, for messages
   * @throws IllegalArgumentException names the line that cannot be read, or the case that has none
   */
  static ChoiceTable parse(String name, String text) {
    ChoiceTable table = new ChoiceTable(rules(name, text));
    table.requireComplete(name);
    return table;
  }

  /** This table with other lines before its own. */
  ChoiceTable overriddenBy(String name, String text) {
    List<ChoiceRule> all = new ArrayList<>(rules(name, text));
    all.addAll(rules);
    return new ChoiceTable(all);
  }

  private static List<ChoiceRule> rules(String name, String text) {
    List<ChoiceRule> rules = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      int comment = line.indexOf('#');
      String content = comment < 0 ? line : line.substring(0, comment);
      if (!content.isBlank()) {
        try {
          rules.add(ChoiceRule.parse(content));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(
              "%s, line %d: %s".formatted(name, number, e.getMessage()), e);
        }
      }
    }
    return rules;
  }

  private void requireComplete(String name) {
    for (Collective collective : Collective.values()) {
      for (int bits = 0; bits < 8; bits++) {
        Demand demand =
            new Demand(collective, 1, 0, (bits & 1) == 0, (bits & 2) == 0, (bits & 4) != 0);
        if (rules.stream().noneMatch(rule -> rule.isUnconditional() && rule.applies(demand))) {
          throw new IllegalArgumentException(
              "%s has no line without conditions for %s (%s)"
                  .formatted(name, collective.label(), demand.conditions()));
        }
      }
    }
  }

  Choice choose(Demand demand) {
    for (ChoiceRule rule : rules) {
      if (rule.applies(demand)) {
        return new Choice(rule.algorithm(), rule.segmentBytes());
      }
    }
    throw new IllegalStateException("no line for " + demand);
  }

  /** The same for the same lines, in all processes; as good as never the same for others. */
  long mark() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(toString().getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(digest).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The lines, which {@link #parse} reads again. */
  @Override
  public String toString() {
    return rules.stream().map(rule -> rule + "\n").collect(Collectors.joining());
  }
}
