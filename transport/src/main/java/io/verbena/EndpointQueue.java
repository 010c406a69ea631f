package io.verbena;

import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that wait for a thread of the transport. Thread-safe; unlike the queues of the JDK for
 * many threads it makes no object for each entry.
 */
final class EndpointQueue {
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<EndpointCore> endpoints = new ArrayDeque<>();
  private volatile boolean empty = true;

  void add(EndpointCore endpoint) {
    lock.lock();
    try {
      endpoints.add(endpoint);
      empty = false;
    } finally {
      lock.unlock();
    }
  }

  /** The endpoint that was added first, or null. */
  @Nullable EndpointCore poll() {
    if (empty) {
      return null;
    }
    lock.lock();
    try {
      EndpointCore first = endpoints.poll();
      empty = endpoints.isEmpty();
      return first;
    } finally {
      lock.unlock();
    }
  }

  boolean isEmpty() {
    return empty;
  }
}
