package io.verbena.verbs;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The queue pairs that a memory window of type 2 may be bound to: mostly one. A binding is over
 * when the request that ends it is certain to have been carried out; until then the device may hold
 * on to the queue pair. For any thread.
 */
final class WindowHolders {
  private static final long BOUND = Long.MAX_VALUE;

  private @Nullable QueuePair[] pairs = new @Nullable QueuePair[2];

  /** The number of the request that ends the binding. */
  private long[] ends = new long[2];

  private int count;

  /** A request that binds the window is posted. */
  synchronized void bound(QueuePair pair) {
    int place = place(pair);
    if (place == count) {
      forgetEnded();
      place = count;
      if (place == ends.length) {
        pairs = Arrays.copyOf(pairs, 2 * count);
        ends = Arrays.copyOf(ends, 2 * count);
      }
      pairs[place] = pair;
      count++;
    }
    ends[place] = BOUND;
  }

  /** A request that ends the binding is posted. */
  synchronized void ending(QueuePair pair, long request) {
    int place = place(pair);
    // The first one counts: another one can only fail.
    if (place < count && ends[place] == BOUND) {
      ends[place] = request;
    }
  }

  /** The peer has ended the binding. */
  synchronized void ended(QueuePair pair) {
    int place = place(pair);
    if (place < count) {
      remove(place);
    }
  }

  /** Whether the last request of a queue pair, as far as it is about the window, binds it. */
  synchronized boolean isBound(QueuePair pair) {
    int place = place(pair);
    return place < count && ends[place] == BOUND;
  }

  synchronized boolean contains(QueuePair pair) {
    int place = place(pair);
    return place < count && !isOver(pair, ends[place]);
  }

  @SuppressWarnings("ReferenceEquality") // native objects are equal only to themselves
  private int place(QueuePair pair) {
    for (int i = 0; i < count; i++) {
      if (pairs[i] == pair) {
        return i;
      }
    }
    return count;
  }

  private static boolean isOver(QueuePair pair, long end) {
    return end != BOUND && pair.hasSucceeded(end);
  }

  private void forgetEnded() {
    for (int i = count - 1; i >= 0; i--) {
      QueuePair pair = pairs[i];
      if (pair == null || pair.isClosed() || isOver(pair, ends[i])) {
        remove(i);
      }
    }
  }

  private void remove(int place) {
    count--;
    pairs[place] = pairs[count];
    ends[place] = ends[count];
    pairs[count] = null;
  }
}
