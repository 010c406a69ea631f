package io.verbena.doctor;

import java.util.List;

/**
 * What one check has found. Immutable.
 *
 * @param check which check, a word that stays the same: {@code locked-memory}
 * @param title the check's name for people
 * @param severity how it is to be taken
 * @param message what is so: one or more sentences
 * @param evidence what was seen
 * @param cure what to do: a sentence; or one command, with a small letter first, which may end in a
 *     remark as shells take it, after {@code #}; empty if there is nothing to be done
 */
public record Finding(
    String check,
    String title,
    Severity severity,
    String message,
    List<Evidence> evidence,
    String cure) {
  /** Keeps a copy of the list. */
  public Finding {
    evidence = List.copyOf(evidence);
    message = Evidence.printable(message);
    cure = Evidence.printable(cure);
  }
}
