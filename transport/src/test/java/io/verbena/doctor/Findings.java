package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What is expected of findings. */
final class Findings {
  private Findings() {}

  /** Parts of its message and of its cure, which it has only where something is wrong. */
  static void shouldBe(Finding finding, Severity severity, String message, String cure) {
    assertEquals(severity, finding.severity(), finding::toString);
    assertTrue(finding.message().contains(message), finding::toString);
    assertTrue(finding.cure().contains(cure), finding::toString);
    assertEquals(severity == Severity.OK || severity == Severity.NA, finding.cure().isEmpty());
  }
}
