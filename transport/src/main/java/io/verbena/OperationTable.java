package io.verbena;

import org.jspecify.annotations.Nullable;

/**
 * The one-sided operations of an endpoint that are under way. A cookie is a slot number and, above
 * it, how often the slot was used, so that a late answer cannot complete a later operation.
 */
final class OperationTable {
  /** Lanes use the highest two bits for themselves, pulls the next. */
  private static final long COOKIE_MASK = Pulls.COOKIE - 1;

  private final @Nullable Operation[] operations;
  private final long[] cookies;
  private final int[] free;
  private int freeCount;
  private long started;

  OperationTable(int depth) {
    operations = new Operation[depth];
    cookies = new long[depth];
    free = new int[depth];
    for (int slot = 0; slot < depth; slot++) {
      free[slot] = slot;
      cookies[slot] = slot;
    }
    freeCount = depth;
  }

  boolean isFull() {
    return freeCount == 0;
  }

  boolean isEmpty() {
    return freeCount == free.length;
  }

  /** How many operations there were. */
  long started() {
    return started;
  }

  long add(Operation operation) {
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
