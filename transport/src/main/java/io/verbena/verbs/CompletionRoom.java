package io.verbena.verbs;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a completion queue holds and who may fill it. A queue that runs over loses completions, so
 * room is set aside for all that each queue pair can have outstanding.
 */
final class CompletionRoom {
  private volatile int capacity;

  // With the lock.
  private int reserved;

  /**
   * Completions that queue pairs which are gone may have left in the queue; the one thread that
   * polls takes away what it knows to be gone.
   */
  private final AtomicInteger stale = new AtomicInteger();

  CompletionRoom(int capacity) {
    this.capacity = capacity;
  }

  int capacity() {
    return capacity;
  }

  /** The device has granted another capacity; with the lock. */
  void resized(int granted) {
    capacity = granted;
  }

  /** What the capacity must not fall below; with the lock. */
  int needed() {
    return reserved + stale.get();
  }

  /**
   * Sets aside room for one more; with the lock.
   *
   * @param pairs how many there are already, for the message
   */
  void reserve(int entries, int pairs) {
    int left = stale.get();
    if (entries > capacity - reserved - left) {
      throw new IllegalArgumentException(
          "the completion queue holds "
              + capacity
              + ", of which "
              + reserved
              + " belong to "
              + pairs
              + " queue pairs"
              + (left == 0 ? "" : " and " + left + " may be left from closed ones: poll it")
              + "; "
              + entries
              + " more do not fit: create it with more entries, or the queue pair with less depth");
    }
    reserved += entries;
  }

  /** Gives back what {@link #reserve} set aside; with the lock. */
  void unreserve(int entries) {
    reserved -= entries;
  }

  /** So many completions more, or less, may be in the queue that nobody is interested in. */
  void leave(int outstanding) {
    stale.addAndGet(outstanding);
  }

  /** Completions that nobody is interested in, as far as the polling thread knows. */
  int stale() {
    return stale.getPlain();
  }
}
