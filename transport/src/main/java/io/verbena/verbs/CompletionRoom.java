package io.verbena.verbs;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What a completion queue holds and who may fill it. A queue that runs over loses completions, so
 * room is set aside for all that each queue pair can have outstanding.
 */
final class CompletionRoom {
  private static final int MARK_SHIFT = 32;
  private static final long MARK = 1L << MARK_SHIFT;

  private volatile int capacity;

  // With the lock.
  private int reserved;

  /**
   * In the low half the completions that nobody is interested in and that may still be in the
   * queue, in the high half how often {@link #leave} said so. The one thread that polls takes away
   * what it knows to be gone.
   */
  private final AtomicLong left = new AtomicLong();

  /** How often {@link #leave} was called; with the lock. */
  private long marks;

  /** Of how many calls of {@link #leave} the completions are gone; written by who polls. */
  private volatile long gone;

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
    return reserved + (int) left.get();
  }

  /**
   * Sets aside room for one more; with the lock.
   *
   * @param pairs how many there are already, for the message
   */
  void reserve(int entries, int pairs) {
    int stale = (int) left.get();
    if (entries > capacity - reserved - stale) {
      throw new IllegalArgumentException(
          "the completion queue holds "
              + capacity
              + ", of which "
              + reserved
              + " belong to "
              + pairs
              + " queue pairs"
              + (stale == 0 ? "" : " and " + stale + " may be left from closed ones: poll it")
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

  /**
   * So many completions more may be in the queue that nobody is interested in; with the lock.
   *
   * @return what to ask {@link #isGone} with
   */
  long leave(int outstanding) {
    left.addAndGet(MARK | outstanding);
    return ++marks;
  }

  /** What is left behind, as far as the polling thread knows; 0 is nothing. */
  long left() {
    return left.getPlain();
  }

  /** Polling thread: the queue was empty at a time when {@link #left} had already been this. */
  void foundEmpty(long before) {
    left.addAndGet(-before);
    long earlier = gone;
    gone = earlier + (before >>> MARK_SHIFT);
  }

  /** Any thread: whether all that was left before that mark is out of the queue. */
  boolean isGone(long mark) {
    return gone >= mark;
  }
}
