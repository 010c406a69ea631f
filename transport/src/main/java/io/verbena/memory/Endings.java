package io.verbena.memory;

import org.jspecify.annotations.Nullable;

/** Ends several things, of which each is tried, whatever happens to the others. */
final class Endings {
  private @Nullable RuntimeException first;

  void attempt(Runnable end) {
    try {
      end.run();
    } catch (RuntimeException e) {
      if (first == null) {
        first = e;
      } else {
        first.addSuppressed(e);
      }
    }
  }

  /** The first that was refused, with the others suppressed; null if none was. */
  @Nullable RuntimeException refusal() {
    return first;
  }
}
