package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The program of the guide to memory does what the guide says. */
class MemoryTourTest {
  static void shouldHaveTakenTheTour(Outcome outcome) {
    List<String> lines = outcome.out().lines().toList();
    for (String line :
        List.of(
            "ours: true",
            "in 1 piece, copied: 1",
            "granted: 512 of 4096",
            "given back: 1048576",
            "1 slab, now 0")) {
      assertTrue(lines.contains(line), line + " in " + outcome.out());
    }
    assertTrue(outcome.out().contains("refused: no memory for a buffer of 134217728"));
    assertTrue(outcome.out().contains("raise ceilingBytes"), outcome.out());
  }

  @Test
  void shouldTakeTheTourWithoutAnAdapter() {
    Outcome outcome = Outcome.of("sample", "memory-tour");
    assertEquals(0, outcome.status(), outcome.err());
    shouldHaveTakenTheTour(outcome);
    assertTrue(outcome.out().contains("recorded: 1048576 in PT0."), outcome.out());
  }
}
