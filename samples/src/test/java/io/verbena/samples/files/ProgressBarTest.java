package io.verbena.samples.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, UTF_8);

  private List<String> lines() {
    return bytes.toString(UTF_8).lines().toList();
  }

  @Test
  void shouldPrintALineForEachQuarterWhereNothingCanBeRedrawn() {
    var bar = new ProgressBar("name", 1000, out, false);
    for (int done = 0; done <= 1000; done += 10) {
      bar.show(done);
    }
    assertEquals(4, lines().size(), lines()::toString);
    assertTrue(
        lines().getFirst().startsWith("name [#######                       ]  25 % of 1000 B, "));
    assertTrue(
        lines().getLast().matches("name \\[#{30}] 100 % of 1000 B, .*/s, 0 s left"),
        lines()::toString);
  }

  @Test
  void shouldSkipQuartersThatCameAtOnceAndSayWhenItIsDone() {
    new ProgressBar("name", 1000, out, false).show(1000);
    assertEquals(1, lines().size(), lines()::toString);
  }

  @Test
  void shouldShowThatAnEmptyFileIsComplete() {
    new ProgressBar("name", 0, out, false).show(0);
    assertTrue(lines().getFirst().contains("100 % of 0 B"), lines()::toString);
    assertEquals(1, lines().size());
  }

  @Test
  void shouldRedrawOneLineOnATerminal() {
    var bar = new ProgressBar("name", 1000, out, true);
    for (int done = 0; done <= 1000; done++) {
      bar.show(done);
    }
    String all = bytes.toString(UTF_8);
    assertTrue(all.startsWith("\rname ["), all);
    assertEquals(1, all.chars().filter(each -> each == '\n').count(), all);
    assertTrue(all.chars().filter(each -> each == '\r').count() < 20, all);
    assertTrue(all.contains("100 % of 1000 B"), all);
  }
}
