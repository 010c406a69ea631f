package io.verbena.verbs;

/**
 * Which slots of a queue are taken, and which id the caller gave to each. One thread posts; another
 * may be completing meanwhile.
 */
abstract class WorkSlots {
  /** Posting thread: whether there is a slot beyond {@code pending} that are not yet posted. */
  abstract boolean hasRoom(int pending);

  /** Posting thread: keeps the caller's id and returns ours. */
  abstract long assign(int pending, long id, long bits);

  /** Posting thread: whether a request that {@link #assign} numbered may still be posted. */
  abstract boolean isCurrent(long workId);

  /** The caller's id of a request that is not yet posted. */
  abstract long id(int pending);

  /**
   * Posting thread, before the device sees the requests: their completions may be polled before the
   * post returns.
   */
  abstract void advance(int count);

  /** Posting thread: the device refused that many, the last ones. */
  abstract void retreat(int count);

  /** The slots of the queue. */
  abstract int depth();

  /** Any thread: requests that are posted and not completed. */
  abstract int outstanding();

  /** Any thread: slots that are free now. */
  int free() {
    return depth() - outstanding();
  }
}
