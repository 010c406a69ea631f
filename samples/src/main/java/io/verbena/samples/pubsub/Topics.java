package io.verbena.samples.pubsub;

import io.netty.buffer.ByteBuf;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Who has subscribed to what. Thread-safe. */
final class Topics {
  private final ConcurrentHashMap<String, Set<Outlet>> subscribers = new ConcurrentHashMap<>();

  void add(String topic, Outlet outlet) {
    subscribers.compute(
        topic,
        (name, outlets) -> {
          Set<Outlet> all = outlets == null ? ConcurrentHashMap.newKeySet() : outlets;
          all.add(outlet);
          return all;
        });
  }

  void remove(String topic, Outlet outlet) {
    subscribers.computeIfPresent(
        topic,
        (name, outlets) -> {
          outlets.remove(outlet);
          return outlets.isEmpty() ? null : outlets;
        });
  }

  /** Hands the same bytes to all subscribers of a topic; the caller keeps its reference. */
  void publish(String topic, ByteBuf message) {
    for (Outlet outlet : subscribers.getOrDefault(topic, Set.of())) {
      outlet.offer(message.retainedDuplicate());
    }
  }
}
