package io.verbena.collective;

/**
 * Rounds being written. Transfers and steps of no elements are left out, on both sides alike, and
 * so are copies of something onto itself.
 */
final class Rounds {
  private static final Span NOTHING = Area.SCRATCH.at(0, 0);

  final Transfers sends = new Transfers();
  final Transfers receives = new Transfers();
  final Steps steps = new Steps();

  void send(int peer, Span from) {
    if (!from.isEmpty()) {
      sends.add(peer, from);
    }
  }

  void receive(int peer, Span into) {
    if (!into.isEmpty()) {
      receives.add(peer, into);
    }
  }

  /** A message without content. */
  void signal(int peer) {
    sends.add(peer, NOTHING);
  }

  void awaitSignal(int peer) {
    receives.add(peer, NOTHING);
  }

  /** {@code target = left (op) right}. */
  void reduce(Span left, Span right, Span target) {
    if (left.length() != right.length() || left.length() != target.length()) {
      throw new IllegalArgumentException("%s, %s into %s".formatted(left, right, target));
    }
    if (!target.isEmpty()) {
      steps.addReduce(left, right, target);
    }
  }

  /** Reduces what this rank has with what another's ranks had, in the order of the ranks. */
  void reduce(Span mine, Span theirs, boolean theirsFirst, Span target) {
    if (theirsFirst) {
      reduce(theirs, mine, target);
    } else {
      reduce(mine, theirs, target);
    }
  }

  void copy(Span from, Span target) {
    if (from.length() != target.length()) {
      throw new IllegalArgumentException("%s into %s".formatted(from, target));
    }
    if (!target.isEmpty() && !from.equals(target)) {
      steps.addCopy(from, target);
    }
  }

  /**
   * Whether the transfers of a round may start as soon as those of the round before it have: they
   * have nothing to do with what those move, and nothing with its steps. A message without content
   * says that the rounds before have ended.
   */
  static boolean mayStartEarly(Rounds before, int last, Rounds after, int round) {
    for (int row = after.sends.begin(round); row < after.sends.end(round); row++) {
      Span from = after.sends.span(row);
      if (from.isEmpty() || before.isWritten(last, from)) {
        return false;
      }
    }
    for (int row = after.receives.begin(round); row < after.receives.end(round); row++) {
      Span into = after.receives.span(row);
      if (before.isWritten(last, into) || before.isRead(last, into)) {
        return false;
      }
    }
    return true;
  }

  private boolean isWritten(int round, Span span) {
    for (int row = receives.begin(round); row < receives.end(round); row++) {
      if (span.overlaps(receives.span(row))) {
        return true;
      }
    }
    for (int row = steps.begin(round); row < steps.end(round); row++) {
      if (span.overlaps(steps.targetSpan(row))) {
        return true;
      }
    }
    return false;
  }

  private boolean isRead(int round, Span span) {
    for (int row = sends.begin(round); row < sends.end(round); row++) {
      if (span.overlaps(sends.span(row))) {
        return true;
      }
    }
    for (int row = steps.begin(round); row < steps.end(round); row++) {
      if (span.overlaps(steps.leftSpan(row))
          || (!steps.isCopy(row) && span.overlaps(steps.rightSpan(row)))) {
        return true;
      }
    }
    return false;
  }

  /** Whether anything was written since the last round ended. */
  boolean isOpen(int finishedRounds) {
    return finishedRounds == 0
        ? sends.count() + receives.count() + steps.count() > 0
        : sends.count() > sends.end(finishedRounds - 1)
            || receives.count() > receives.end(finishedRounds - 1)
            || steps.count() > steps.end(finishedRounds - 1);
  }

  void endRound() {
    sends.endRound();
    receives.endRound();
    steps.endRound();
  }

  void clear() {
    sends.clear();
    receives.clear();
    steps.clear();
  }
}
