package io.verbena;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The open endpoints of a transport, and what those did that are closed. Thread-safe. */
final class OpenEndpoints {
  private final Set<Endpoint> open = ConcurrentHashMap.newKeySet();

  // Guarded by this object.
  private EndpointCounters ofClosed = EndpointCounters.NONE;
  private long made;

  synchronized void add(Endpoint endpoint) {
    open.add(endpoint);
    made++;
  }

  synchronized void remove(Endpoint endpoint) {
    if (open.remove(endpoint)) {
      ofClosed = ofClosed.plus(endpoint.counters());
    }
  }

  int poll() {
    int events = 0;
    for (Endpoint endpoint : open) {
      events += endpoint.poll();
    }
    return events;
  }

  synchronized TransportCounters counters(MessageBuffers buffers) {
    EndpointCounters sum = ofClosed;
    for (Endpoint endpoint : open) {
      sum = sum.plus(endpoint.counters());
    }
    return new TransportCounters(open.size(), made, sum, buffers.copies(), buffers.copiedBytes());
  }

  void closeAll() {
    Endpoint.closeAll(open);
  }
}
