package io.verbena.verbs;

import java.util.Optional;

/**
 * Something that the adapter reports without being asked; stands for {@code struct
 * ibv_async_event}, see {@code man ibv_get_async_event}. Comes from {@link AsyncEvents}.
 *
 * {@snippet :
 * switch (event) {
 *   case AsyncEvent.OfPort(var type, var port) -> log(port + ": " + type);
 *   case AsyncEvent.OfQueuePair(var type, var pair) -> pair.ifPresent(QueuePair::close);
 *   case AsyncEvent.OfCompletionQueue(var type, var queue) -> queue.ifPresent(this::abandon);
 *   case AsyncEvent.OfSharedReceiveQueue(var type, var queue) -> queue.ifPresent(this::refill);
 *   case AsyncEvent.OfDevice(var type) -> context.close();
 *   case AsyncEvent.Unknown(var code) -> log("event " + code);
 * }
 * }
 *
 * <p>An object that was closed before the event was read is absent; another thread may close a
 * present one at any time. Immutable.
 */
public sealed interface AsyncEvent {
  /**
   * What happened.
   *
   * @return the type
   */
  AsyncEventType type();

  /**
   * About a queue pair.
   *
   * @param type what happened
   * @param queuePair which; empty if it is gone
   */
  record OfQueuePair(AsyncEventType type, Optional<QueuePair> queuePair) implements AsyncEvent {}

  /**
   * About a completion queue.
   *
   * @param type what happened
   * @param queue which; empty if it is gone
   */
  record OfCompletionQueue(AsyncEventType type, Optional<CompletionQueue> queue)
      implements AsyncEvent {}

  /**
   * About a shared receive queue.
   *
   * @param type what happened
   * @param queue which; empty if it is gone
   */
  record OfSharedReceiveQueue(AsyncEventType type, Optional<SharedReceiveQueue> queue)
      implements AsyncEvent {}

  /**
   * About a port.
   *
   * @param type what happened
   * @param port its number, from 1
   */
  record OfPort(AsyncEventType type, int port) implements AsyncEvent {}

  /**
   * About the adapter as a whole.
   *
   * @param type what happened
   */
  record OfDevice(AsyncEventType type) implements AsyncEvent {}

  /**
   * About something that this version does not know.
   *
   * @param code the number in {@code enum ibv_event_type}
   */
  record Unknown(int code) implements AsyncEvent {
    @Override
    public AsyncEventType type() {
      return AsyncEventType.of(code);
    }
  }
}
