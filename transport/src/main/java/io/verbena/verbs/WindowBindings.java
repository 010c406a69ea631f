package io.verbena.verbs;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a memory window may be bound to, and by which queue pairs: mostly one binding. One is over
 * when a later request of the same queue pair, which ends it or binds the window anew, is certain
 * to have been carried out; until then the device may hold on to the region and to the queue pair.
 * For any thread.
 */
final class WindowBindings {
  // One place for each request, the oldest first.
  private @Nullable QueuePair[] pairs = new @Nullable QueuePair[2];

  /** What the request binds the window to; null if it ends the binding. */
  private @Nullable MemoryRegion[] regions = new @Nullable MemoryRegion[2];

  /** Its number in the send queue. */
  private long[] requests = new long[2];

  private int count;

  /**
   * A request is posted.
   *
   * @param region what it binds the window to; null if it ends the binding
   */
  synchronized void posted(QueuePair pair, long request, @Nullable MemoryRegion region) {
    forgetOver(pair, region);
    if (count == requests.length) {
      pairs = Arrays.copyOf(pairs, 2 * count);
      regions = Arrays.copyOf(regions, 2 * count);
      requests = Arrays.copyOf(requests, 2 * count);
    }
    pairs[count] = pair;
    regions[count] = region;
    requests[count++] = request;
  }

  /** The peer of a queue pair has ended the binding. */
  synchronized void ended(QueuePair pair) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (!pair.equals(pairs[i])) {
        keep(i, kept++);
      }
    }
    shrink(kept);
  }

  /** Whether the last request of a queue pair, as far as it is about the window, binds it. */
  synchronized boolean isBound(QueuePair pair) {
    int last = last(pair);
    return last >= 0 && regions[last] != null && !pair.mayHaveFailed(requests[last]);
  }

  /** Whether that request binds the window, but has failed, or was dropped by a reset. */
  synchronized boolean isInDoubt(QueuePair pair) {
    int last = last(pair);
    return last >= 0 && regions[last] != null && pair.mayHaveFailed(requests[last]);
  }

  synchronized boolean mayHold(QueuePair pair) {
    for (int i = 0; i < count; i++) {
      if (pair.equals(pairs[i]) && mayBeBound(i, count)) {
        return true;
      }
    }
    return false;
  }

  synchronized boolean mayHold(MemoryRegion region) {
    for (int i = 0; i < count; i++) {
      if (region.equals(regions[i]) && mayBeBound(i, count)) {
        return true;
      }
    }
    return false;
  }

  private int last(QueuePair pair) {
    int last = count - 1;
    while (last >= 0 && !pair.equals(pairs[last])) {
      last--;
    }
    return last;
  }

  /** Whether a place is that of a binding that no later one has ended for certain. */
  private boolean mayBeBound(int place, int end) {
    QueuePair pair = pairs[place];
    MemoryRegion region = regions[place];
    if (pair == null || region == null || region.isDeregistered()) {
      return false;
    }
    for (int i = place + 1; i < end; i++) {
      QueuePair later = pairs[i];
      // What two queue pairs do at a time may be done in any order.
      if (later != null
          && (pair.equals(later) || pair.isClosed())
          && later.hasSucceeded(requests[i])) {
        return false;
      }
    }
    return true;
  }

  /** Makes room: a request of the same kind stands for those before it. */
  private void forgetOver(QueuePair pair, @Nullable MemoryRegion region) {
    int all = count;
    int kept = 0;
    for (int i = 0; i < all; i++) {
      boolean same = pair.equals(pairs[i]) && Objects.equals(region, regions[i]);
      boolean needed = regions[i] == null ? hasBinding(pairs[i], kept) : mayBeBound(i, all);
      if (needed && !same) {
        keep(i, kept++);
      }
    }
    shrink(kept);
  }

  private boolean hasBinding(@Nullable QueuePair pair, int end) {
    for (int i = 0; i < end; i++) {
      if (regions[i] != null && Objects.equals(pair, pairs[i])) {
        return true;
      }
    }
    return false;
  }

  private void keep(int from, int to) {
    pairs[to] = pairs[from];
    regions[to] = regions[from];
    requests[to] = requests[from];
  }

  private void shrink(int kept) {
    Arrays.fill(pairs, kept, count, null);
    Arrays.fill(regions, kept, count, null);
    count = kept;
  }
}
