package io.verbena.benchmarks;

import java.io.IOException;

/** A side whose thread sends, and waits for what comes. */
abstract class BlockingSide implements Side {
  /** Sends a message that begins with a number. */
  abstract void send(int bytes, long value) throws IOException;

  /** Waits for a message of a length; returns the number that it begins with. */
  abstract long next(int bytes) throws IOException;

  @Override
  public final int ping(int bytes, long[] roundTripNanos, long deadline) throws IOException {
    long value = 0;
    int count = 0;
    while (value != LAST) {
      long start = System.nanoTime();
      value = count == roundTripNanos.length - 1 || start - deadline > 0 ? LAST : count;
      send(bytes, value);
      Side.check(value, next(bytes));
      roundTripNanos[count] = System.nanoTime() - start;
      count++;
    }
    return count;
  }

  @Override
  public void echo(int bytes) throws IOException {
    long value = 0;
    while (value != LAST) {
      value = next(bytes);
      send(bytes, value);
    }
  }
}
