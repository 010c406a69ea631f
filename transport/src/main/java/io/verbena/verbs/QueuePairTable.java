package io.verbena.verbs;

import org.jspecify.annotations.Nullable;

/**
 * The queue pairs that complete in one queue, by number. One thread finds, without a lock, what
 * others change under the context's: the table is replaced as a whole.
 */
final class QueuePairTable {
  /** Open addressing. */
  private volatile @Nullable QueuePair[] pairs = new QueuePair[1];

  private int size;

  /** The queue pair with a number; null if it is gone. */
  @Nullable QueuePair find(int number) {
    @Nullable QueuePair[] table = pairs;
    int mask = table.length - 1;
    for (int i = number & mask; ; i = i + 1 & mask) {
      QueuePair found = table[i];
      if (found == null || found.number() == number) {
        return found;
      }
    }
  }

  int size() {
    return size;
  }

  void add(QueuePair pair) {
    if (find(pair.number()) != pair) {
      size++;
      rebuild(pair, null);
    }
  }

  void remove(QueuePair pair) {
    if (find(pair.number()) == pair) {
      size--;
      rebuild(null, pair);
    }
  }

  private void rebuild(@Nullable QueuePair added, @Nullable QueuePair removed) {
    // At most half full, so that a probe meets an empty place soon.
    @Nullable QueuePair[] table =
        new @Nullable QueuePair[Integer.highestOneBit(Math.max(1, 4 * size))];
    for (QueuePair pair : pairs) {
      if (pair != null && pair != removed) {
        insert(table, pair);
      }
    }
    if (added != null) {
      insert(table, added);
    }
    pairs = table;
  }

  private static void insert(@Nullable QueuePair[] table, QueuePair pair) {
    int mask = table.length - 1;
    int i = pair.number() & mask;
    while (table[i] != null) {
      i = i + 1 & mask;
    }
    table[i] = pair;
  }
}
