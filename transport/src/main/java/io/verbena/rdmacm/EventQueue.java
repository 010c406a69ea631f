package io.verbena.rdmacm;

import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Events that nobody has taken yet, the oldest first; used with the manager's lock. */
final class EventQueue {
  private final ArrayDeque<ConnectionEvent> events = new ArrayDeque<>();

  void add(ConnectionEvent event) {
    events.add(event);
  }

  boolean isEmpty() {
    return events.isEmpty();
  }

  @Nullable ConnectionEvent poll() {
    return events.poll();
  }

  @Nullable ConnectionRequest takeRequest(ConnectionListener listener) {
    for (Iterator<ConnectionEvent> all = events.iterator(); all.hasNext(); ) {
      ConnectionEvent event = all.next();
      if (isRequest(event, listener)) {
        all.remove();
        return ((ConnectionEvent.Requested) event).source();
      }
    }
    return null;
  }

  long requests(ConnectionListener listener) {
    return events.stream().filter(event -> isRequest(event, listener)).count();
  }

  private static boolean isRequest(ConnectionEvent event, ConnectionListener listener) {
    return event instanceof ConnectionEvent.Requested(ConnectionRequest request)
        && request.listener() == listener;
  }

  void move(CommunicationIdentifier source, EventQueue target) {
    for (Iterator<ConnectionEvent> all = events.iterator(); all.hasNext(); ) {
      ConnectionEvent event = all.next();
      if (event.source() == source) {
        all.remove();
        target.events.add(event);
      }
    }
  }

  void drop(CommunicationIdentifier source) {
    events.removeIf(event -> event.source() == source);
  }
}
