package io.verbena.collective;

import java.util.Arrays;

/**
 * Messages under way, by the time at which they reach their receiver's adapter; those of the same
 * time in the order in which they were sent. A heap of four children a node, in flat arrays.
 */
final class ArrivalQueue {
  private static final int CHILDREN = 4;

  private int size;
  private long sent;
  private double[] times = new double[1024];
  private long[] orders = new long[1024];
  private long[] pairs = new long[1024];
  private long[] bytes = new long[1024];

  boolean isEmpty() {
    return size == 0;
  }

  double firstTime() {
    return times[0];
  }

  long firstPair() {
    return pairs[0];
  }

  long firstBytes() {
    return bytes[0];
  }

  void add(double time, long pair, long length) {
    if (size == times.length) {
      int larger = size + (size >> 1);
      times = Arrays.copyOf(times, larger);
      orders = Arrays.copyOf(orders, larger);
      pairs = Arrays.copyOf(pairs, larger);
      bytes = Arrays.copyOf(bytes, larger);
    }
    int hole = size++;
    while (hole > 0) {
      int parent = (hole - 1) / CHILDREN;
      if (times[parent] <= time) {
        break;
      }
      move(parent, hole);
      hole = parent;
    }
    put(hole, time, sent++, pair, length);
  }

  void removeFirst() {
    int last = --size;
    double time = times[last];
    long order = orders[last];
    int hole = 0;
    while (true) {
      int child = hole * CHILDREN + 1;
      if (child >= last) {
        break;
      }
      int end = Math.min(child + CHILDREN, last);
      int least = child;
      for (int i = child + 1; i < end; i++) {
        if (isBefore(times[i], orders[i], least)) {
          least = i;
        }
      }
      if (isBefore(time, order, least)) {
        break;
      }
      move(least, hole);
      hole = least;
    }
    put(hole, time, order, pairs[last], bytes[last]);
  }

  private boolean isBefore(double time, long order, int other) {
    return time < times[other] || (time == times[other] && order < orders[other]);
  }

  private void move(int from, int to) {
    put(to, times[from], orders[from], pairs[from], bytes[from]);
  }

  private void put(int at, double time, long order, long pair, long length) {
    times[at] = time;
    orders[at] = order;
    pairs[at] = pair;
    bytes[at] = length;
  }
}
