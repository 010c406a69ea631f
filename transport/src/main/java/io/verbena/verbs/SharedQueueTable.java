package io.verbena.verbs;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The shared receive queues whose receives complete in one queue. One thread finds, without a lock,
 * what others change under the context's: the table is replaced as a whole.
 */
final class SharedQueueTable {
  private volatile SharedReceiveQueue[] queues = new SharedReceiveQueue[0];

  /** The queue that a receive was posted to; null if it is gone. */
  @Nullable SharedReceiveQueue find(long workId) {
    int tag = SharedSlots.tag(workId);
    for (SharedReceiveQueue each : queues) {
      if (each.slots().tag() == tag) {
        return each;
      }
    }
    return null;
  }

  void add(SharedReceiveQueue queue) {
    SharedReceiveQueue[] more = Arrays.copyOf(queues, queues.length + 1);
    more[queues.length] = queue;
    queues = more;
  }

  void remove(SharedReceiveQueue queue) {
    queues = Stream.of(queues).filter(each -> each != queue).toArray(SharedReceiveQueue[]::new);
  }

  void forEach(Consumer<SharedReceiveQueue> action) {
    Stream.of(queues).forEach(action);
  }
}
