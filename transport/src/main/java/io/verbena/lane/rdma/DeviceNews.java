package io.verbena.lane.rdma;

import io.verbena.cause.Cause;
import io.verbena.verbs.AsyncEvent;
import io.verbena.verbs.AsyncEventType;
import io.verbena.verbs.AsyncEvents;
import io.verbena.verbs.VerbsException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an adapter says of itself: of queues that have failed no completion tells, nor of a device
 * that is gone. The hub's lock guards it.
 */
final class DeviceNews {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceNews.class);

  /** Events in one go: a port that flaps must not hold up data. */
  private static final int MOST = 16;

  private final RdmaAdapter adapter;
  private final String device;
  private final AsyncEvents events;
  private final List<LaneGroup> groups;
  private boolean isOver;

  /**
   * @param groups all groups of lanes on the adapter, also those to come
   */
  DeviceNews(RdmaAdapter adapter, List<LaneGroup> groups) throws VerbsException {
    this.adapter = adapter;
    this.device = adapter.device();
    this.events = adapter.context().events();
    this.groups = groups;
  }

  /** Ends the lanes that are lost; whoever calls settles them. */
  void read() {
    try {
      for (int i = 0; i < MOST && !isOver; i++) {
        Optional<AsyncEvent> event = events.await(Duration.ZERO);
        if (event.isEmpty()) {
          return;
        }
        handle(event.get());
      }
    } catch (VerbsException e) {
      isOver = true;
      String end = String.valueOf(e.getMessage());
      adapter.giveUp(end);
      failAll(end);
    }
  }

  void handle(AsyncEvent event) {
    String cause = "%s reports %s".formatted(device, event.type());
    switch (event) {
      case AsyncEvent.OfDevice ignored -> {
        String end = cause + ": " + Cause.DEVICE_GONE.meaning();
        adapter.giveUp(end);
        failAll(end);
      }
      case AsyncEvent.OfCompletionQueue(var type, var queue) ->
          queue.ifPresent(failed -> groups.forEach(group -> group.failIfUsing(failed, cause)));
      case AsyncEvent.OfSharedReceiveQueue(var type, var queue) -> {
        if (type == AsyncEventType.SHARED_RECEIVE_QUEUE_ERROR) {
          queue.ifPresent(failed -> groups.forEach(group -> group.failIfUsing(failed, cause)));
        }
      }
      case AsyncEvent.OfQueuePair(var type, var pair) -> {
        if (isEnd(type)) {
          pair.ifPresent(failed -> groups.forEach(group -> group.failIfUsing(failed, cause)));
        }
      }
      case AsyncEvent.OfPort(var type, var port) -> {
        if (type == AsyncEventType.PORT_ERROR) {
          LOG.warn("Port {} of {} has gone down", port, device);
        } else {
          LOG.debug("Port {} of {}: {}", port, device, type);
        }
      }
      case AsyncEvent.Unknown unknown -> LOG.debug("{} reports {}", device, unknown);
    }
  }

  private static boolean isEnd(AsyncEventType type) {
    return switch (type) {
      case QUEUE_PAIR_FATAL, QUEUE_PAIR_REQUEST_ERROR, QUEUE_PAIR_ACCESS_ERROR -> true;
      default -> false;
    };
  }

  private void failAll(String cause) {
    groups.forEach(group -> group.failAll(cause));
  }
}
