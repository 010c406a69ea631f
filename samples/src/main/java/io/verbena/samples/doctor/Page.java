package io.verbena.samples.doctor;

import io.verbena.doctor.Diagnosis;
import io.verbena.doctor.Evidence;
import io.verbena.doctor.Finding;
import io.verbena.doctor.Inventory;
import io.verbena.doctor.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Help.Ansi;

/** Text for people: lines of at most 80 columns, with colours where the terminal has them. */
final class Page {
  private static final int COLUMNS = 80;
  private static final String CONTINUED = " \\";

  /** What a shell takes for one word: blanks in quotes belong to it. */
  private static final Pattern SHELL_WORD =
      Pattern.compile("(?:[^\\s'\"]|'[^']*'|\"[^\"]*\"|['\"])+");

  /** Where a command is to be given, before the command. */
  private static final Pattern PLACE =
      Pattern.compile("(On the host, not in the container:) (\\p{Lower}.*)");

  private static final int TEXT = 8;
  private static final int DETAIL = 10;

  private final Ansi ansi;
  private final StringBuilder text = new StringBuilder();

  Page(Ansi ansi) {
    this.ansi = ansi;
  }

  static String of(Diagnosis diagnosis, Ansi ansi) {
    var page = new Page(ansi);
    page.paragraph(diagnosis.summary(), 0, diagnosis.rdmaUsable() ? "bold,green" : "bold,red");
    if (!diagnosis.rdmaUsable()) {
      diagnosis.firstFailure().ifPresent(first -> page.cure("Next: ", first.cure(), 0));
    }
    for (Finding each : diagnosis.findings()) {
      page.text.append('\n');
      page.finding(each);
    }
    return page.text.toString();
  }

  static String of(Inventory inventory, Ansi ansi) {
    var page = new Page(ansi);
    for (Inventory.Section section : inventory.sections()) {
      if (!page.text.isEmpty()) {
        page.text.append('\n');
      }
      page.paragraph(section.title(), 0, "bold");
      if (section.entries().isEmpty()) {
        page.paragraph("none", 2, "");
      }
      section.entries().forEach(entry -> page.paragraph(entry.toString(), 2, ""));
    }
    return page.text.toString();
  }

  private void finding(Finding finding) {
    text.append(styled("%-6s".formatted(finding.severity()), style(finding.severity())))
        .append("  ")
        .append(styled(finding.title(), "bold"))
        .append('\n');
    paragraph(finding.message(), TEXT, "");
    for (Evidence each : finding.evidence()) {
      paragraph(each.toString(), DETAIL, "faint");
    }
    if (!finding.cure().isEmpty()) {
      cure("-> ", finding.cure(), TEXT);
    }
  }

  /**
   * A sentence; or a command, which can be pasted although it has several lines, perhaps after a
   * line that says where.
   */
  private void cure(String mark, String cure, int indent) {
    Matcher placed = PLACE.matcher(cure);
    if (placed.matches()) {
      paragraph(mark + placed.group(1), indent, "bold");
      cure(" ".repeat(mark.length()), placed.group(2), indent);
      return;
    }
    if (cure.isEmpty() || !Character.isLowerCase(cure.charAt(0))) {
      paragraph(mark + cure, indent, "bold");
      return;
    }
    String margin = " ".repeat(indent);
    String before = mark;
    for (String line : fold(cure, COLUMNS - indent - mark.length())) {
      text.append(margin).append(styled(before + line, "bold")).append('\n');
      before = " ".repeat(mark.length());
    }
  }

  /**
   * Breaks a command at blanks that are not within quotes, as a shell takes it; a remark after #
   * comes in lines of its own.
   */
  static List<String> fold(String command, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    Matcher words = SHELL_WORD.matcher(command);
    String remark = "";
    while (words.find()) {
      String word = words.group();
      if (word.equals("#")) {
        remark = command.substring(words.end()).strip();
        break;
      }
      if (!line.isEmpty() && line.length() + 1 + word.length() > width - CONTINUED.length()) {
        lines.add(line + CONTINUED);
        line.setLength(0);
        line.append(' ');
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    if (!remark.isEmpty()) {
      wrap(remark, width - 2).forEach(each -> lines.add("# " + each));
    }
    return lines;
  }

  /** Words that stand alone, for a terminal: further lines are indented. */
  static String lines(String words) {
    return String.join("\n  ", wrap(words, COLUMNS - 2));
  }

  private static String style(Severity severity) {
    return switch (severity) {
      case OK -> "green";
      case WARN -> "yellow";
      case FAIL -> "bold,red";
      case NA -> "faint";
    };
  }

  /** Lines that begin below each other; the first of them is where the text begins. */
  private void paragraph(String words, int indent, String style) {
    String margin = " ".repeat(indent);
    for (String line : wrap(words, COLUMNS - indent)) {
      text.append(margin).append(styled(line, style)).append('\n');
    }
  }

  /** Breaks at blanks, and words that are longer than a line anywhere. */
  static List<String> wrap(String words, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : words.split(" ", -1)) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
      while (line.length() > width) {
        lines.add(line.substring(0, width));
        line.delete(0, width);
      }
    }
    lines.add(line.toString());
    return lines;
  }

  private String styled(String words, String style) {
    // Not by the markup of picocli, which the words might contain.
    if (!ansi.enabled() || style.isEmpty() || words.isBlank()) {
      return words;
    }
    return Ansi.Style.on(Ansi.Style.parse(style)) + words + Ansi.Style.reset.on();
  }
}
