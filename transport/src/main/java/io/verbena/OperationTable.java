package io.verbena;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The one-sided operations of an endpoint that are under way. A cookie is a slot number and, above
 * it, how often the slot was used, so that a late answer cannot complete a later operation.
 */
final class OperationTable {
  /** Lanes use the highest two bits for themselves, pulls the next. */
  private static final long COOKIE_MASK = Pulls.COOKIE - 1;

  private static final int FIRST_SIZE = 4;

  private final int depth;

  /** Grow with the operations that are under way at the same time: most endpoints have none. */
  private @Nullable Operation[] operations = {};

  private long[] cookies = {};
  private int[] free = {};
  private int freeCount;
  private long started;

  OperationTable(int depth) {
    this.depth = depth;
  }

  boolean isFull() {
    return freeCount == 0 && operations.length == depth;
  }

  /** Also an estimate for those who do not have the lock. */
  boolean isEmpty() {
    return freeCount == free.length;
  }

  /** How many operations there were. */
  long started() {
    return started;
  }

  private void grow() {
    int before = operations.length;
    int size = Math.min(depth, Math.max(FIRST_SIZE, 2 * before));
    operations = Arrays.copyOf(operations, size);
    cookies = Arrays.copyOf(cookies, size);
    free = new int[size];
    for (int slot = before; slot < size; slot++) {
      cookies[slot] = slot;
      free[freeCount++] = slot;
    }
  }

  /** Gives an operation a cookie; the table is not full. */
  long add(Operation operation) {
    if (freeCount == 0) {
      grow();
    }
    int slot = free[--freeCount];
    started++;
    operations[slot] = operation;
    cookies[slot] = (cookies[slot] + (1L << Integer.SIZE)) & COOKIE_MASK;
    return cookies[slot];
  }

  /** Forgets an operation; null when the cookie names none. */
  @Nullable Operation remove(long cookie) {
    int slot = (int) cookie;
    if (slot < 0 || slot >= operations.length || cookies[slot] != cookie) {
      return null;
    }
    Operation operation = operations[slot];
    if (operation != null) {
      operations[slot] = null;
      free[freeCount++] = slot;
    }
    return operation;
  }

  boolean hasOverdue(long now) {
    if (isEmpty()) {
      return false;
    }
    for (Operation operation : operations) {
      if (operation != null && operation.isOverdue(now)) {
        return true;
      }
    }
    return false;
  }

  void failAll(Failure cause) {
    for (long cookie : cookies) {
      Operation operation = remove(cookie);
      if (operation != null) {
        operation.complete(0, cause);
      }
    }
  }
}
