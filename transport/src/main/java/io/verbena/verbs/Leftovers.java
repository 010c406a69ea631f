package io.verbena.verbs;

import java.util.HashMap;
import java.util.Map;

/**
 * The numbers of closed queue pairs whose shared receives may still be in a completion queue: until
 * it has been polled empty, a new queue pair of the same number would get them. With the lock.
 */
final class Leftovers {
  /** By number: the mark of {@link CompletionRoom#leave}. */
  private final Map<Integer, Long> marks = new HashMap<>();

  void add(int number, long mark) {
    marks.put(number, mark);
  }

  boolean contains(int number, CompletionRoom room) {
    marks.values().removeIf(room::isGone);
    return marks.containsKey(number);
  }
}
