package io.verbena.doctor;

import java.util.List;

/**
 * What is there, without a judgement: for a bug report. Immutable.
 *
 * @param sections one for each kind of thing
 */
public record Inventory(List<Section> sections) {
  /**
   * Things of one kind.
   *
   * @param title what they are
   * @param entries what was seen of them
   */
  public record Section(String title, List<Evidence> entries) {
    /** Keeps a copy of the list. */
    public Section {
      entries = List.copyOf(entries);
    }
  }

  /** Keeps a copy of the list. */
  public Inventory {
    sections = List.copyOf(sections);
  }
}
