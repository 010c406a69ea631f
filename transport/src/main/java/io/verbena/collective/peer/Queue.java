package io.verbena.collective.peer;

import org.jspecify.annotations.Nullable;

/** Transfers in the order in which they were started, linked through themselves. */
final class Queue<T extends Transfer> {
  private @Nullable T first;
  private @Nullable T last;

  @Nullable T first() {
    return first;
  }

  boolean isEmpty() {
    return first == null;
  }

  void add(T transfer) {
    if (last == null) {
      first = transfer;
    } else {
      last.next = transfer;
    }
    last = transfer;
  }

  /** The next one after a transfer of this queue. */
  @SuppressWarnings("unchecked") // only these are added
  @Nullable T after(T transfer) {
    return (T) transfer.next;
  }

  /** Whether it was there. */
  @SuppressWarnings("ReferenceEquality") // transfers are equal only to themselves
  boolean remove(Transfer transfer) {
    T before = null;
    for (T each = first; each != null; before = each, each = after(each)) {
      if (each == transfer) {
        T rest = after(each);
        if (before == null) {
          first = rest;
        } else {
          before.next = rest;
        }
        if (rest == null) {
          last = before;
        }
        each.next = null;
        return true;
      }
    }
    return false;
  }
}
