package io.verbena.collective;

import java.util.Arrays;

/**
 * For each pair of ranks, messages that arrived before their receives, or receives that wait for
 * their messages. Takes memory only for pairs that have one of these at the moment: an open hash
 * table of pairs, and the messages in lists.
 */
final class Mailboxes {
  private static final long FREE = -1;
  private static final int NONE = -1;

  private int used;
  private long[] pairs = free(1024);

  /** Receives that wait; or 0, and then messages are there. */
  private int[] waiting = new int[1024];

  private int[] firsts = new int[1024];
  private int[] lasts = new int[1024];

  private int freeMessage = NONE;
  private int messages;
  private double[] times = new double[1024];
  private int[] nexts = new int[1024];

  private static long[] free(int size) {
    long[] pairs = new long[size];
    Arrays.fill(pairs, FREE);
    return pairs;
  }

  static long pair(int from, int to) {
    return (long) from << 32 | to;
  }

  static int from(long pair) {
    return (int) (pair >>> 32);
  }

  static int to(long pair) {
    return (int) pair;
  }

  /** How many pairs have something. */
  int size() {
    return used;
  }

  /**
   * A receive starts.
   *
   * @return when its message was there; not a number if it still has to come
   */
  double receive(long pair) {
    int slot = slot(pair);
    if (pairs[slot] == FREE || waiting[slot] > 0) {
      take(slot, pair);
      waiting[slot]++;
      growIfFull();
      return Double.NaN;
    }
    int message = firsts[slot];
    double time = times[message];
    firsts[slot] = nexts[message];
    nexts[message] = freeMessage;
    freeMessage = message;
    if (firsts[slot] == NONE) {
      remove(slot);
    }
    return time;
  }

  /**
   * A message is there.
   *
   * @return whether a receive waited for it
   */
  boolean deliver(long pair, double time) {
    int slot = slot(pair);
    if (pairs[slot] != FREE && waiting[slot] > 0) {
      if (--waiting[slot] == 0) {
        remove(slot);
      }
      return true;
    }
    int message = message(time);
    if (pairs[slot] == FREE) {
      take(slot, pair);
      firsts[slot] = message;
    } else {
      nexts[lasts[slot]] = message;
    }
    lasts[slot] = message;
    growIfFull();
    return false;
  }

  private int message(double time) {
    int message = freeMessage;
    if (message != NONE) {
      freeMessage = nexts[message];
    } else {
      message = messages++;
      if (message == times.length) {
        times = Arrays.copyOf(times, 2 * message);
        nexts = Arrays.copyOf(nexts, 2 * message);
      }
    }
    times[message] = time;
    nexts[message] = NONE;
    return message;
  }

  private void take(int slot, long pair) {
    if (pairs[slot] == FREE) {
      pairs[slot] = pair;
      waiting[slot] = 0;
      used++;
    }
  }

  private int home(long pair) {
    long mixed = pair * 0x9e37_79b9_7f4a_7c15L;
    return (int) (mixed >>> 32) & pairs.length - 1;
  }

  /** Where the pair is, or would be. */
  private int slot(long pair) {
    int slot = home(pair);
    while (pairs[slot] != pair && pairs[slot] != FREE) {
      slot = slot + 1 & pairs.length - 1;
    }
    return slot;
  }

  /** Closes the gap, so that no search ends at it. */
  private void remove(int removed) {
    int mask = pairs.length - 1;
    int hole = removed;
    int slot = removed;
    while (true) {
      slot = slot + 1 & mask;
      if (pairs[slot] == FREE) {
        break;
      }
      int distance = slot - home(pairs[slot]) & mask;
      if (distance >= (slot - hole & mask)) {
        move(slot, hole);
        hole = slot;
      }
    }
    pairs[hole] = FREE;
    used--;
  }

  private void move(int from, int to) {
    pairs[to] = pairs[from];
    waiting[to] = waiting[from];
    firsts[to] = firsts[from];
    lasts[to] = lasts[from];
  }

  private void growIfFull() {
    if (used <= pairs.length / 2) {
      return;
    }
    long[] oldPairs = pairs;
    int[] oldWaiting = waiting;
    int[] oldFirsts = firsts;
    int[] oldLasts = lasts;
    int size = 2 * oldPairs.length;
    pairs = free(size);
    waiting = new int[size];
    firsts = new int[size];
    lasts = new int[size];
    for (int i = 0; i < oldPairs.length; i++) {
      if (oldPairs[i] != FREE) {
        int slot = slot(oldPairs[i]);
        pairs[slot] = oldPairs[i];
        waiting[slot] = oldWaiting[i];
        firsts[slot] = oldFirsts[i];
        lasts[slot] = oldLasts[i];
      }
    }
  }
}
