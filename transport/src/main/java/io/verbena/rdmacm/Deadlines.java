package io.verbena.rdmacm;

import java.util.PriorityQueue;

/** The operations that are under way, the most urgent first; used with the manager's lock. */
final class Deadlines {
  private final PriorityQueue<CommunicationIdentifier.Pending> pending =
      new PriorityQueue<>(
          // Points of System.nanoTime() compare by their difference only.
          (left, right) -> Long.signum(left.deadline() - right.deadline()));

  void add(CommunicationIdentifier.Pending operation) {
    pending.add(operation);
  }

  void remove(CommunicationIdentifier.Pending operation) {
    pending.remove(operation);
  }

  /** How long to sleep at most. */
  long nanosLeft(long nanos) {
    CommunicationIdentifier.Pending first = pending.peek();
    return first == null ? nanos : Math.min(nanos, first.nanosLeft(System.nanoTime()));
  }

  /** Fails what is late, which removes it from here. */
  void expire() {
    long now = System.nanoTime();
    for (CommunicationIdentifier.Pending first;
        (first = pending.peek()) != null && first.nanosLeft(now) <= 0; ) {
      first.owner().expire();
    }
  }
}
