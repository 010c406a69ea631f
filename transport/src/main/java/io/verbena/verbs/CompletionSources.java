package io.verbena.verbs;

import org.jspecify.annotations.Nullable;

/**
 * What completes in one queue: queue pairs and shared receive queues, and the room set aside for
 * them. The thread that polls finds them without a lock; everything else is done with the
 * context's.
 */
final class CompletionSources {
  private final QueuePairTable pairs = new QueuePairTable();
  private final SharedQueueTable shared = new SharedQueueTable();
  private final Leftovers leftovers = new Leftovers();
  private final CompletionRoom room;

  CompletionSources(CompletionRoom room) {
    this.room = room;
  }

  /** Polling thread: the queue pair with a number; null if it is gone. */
  @Nullable QueuePair pair(int number) {
    return pairs.find(number);
  }

  /** Polling thread: the shared queue that a receive was posted to; null if it is gone. */
  @Nullable SharedReceiveQueue shared(long workId) {
    return shared.find(workId);
  }

  CompletionRoom room() {
    return room;
  }

  /** Sets aside room for a queue pair. */
  void reserve(int entries) {
    room.reserve(entries, pairs.size());
  }

  /** Gives back what {@link #reserve} set aside. */
  void unreserve(int entries) {
    room.unreserve(entries);
  }

  /** Says that up to so many completions of no interest may be in the queue. */
  void leave(int outstanding) {
    room.leave(outstanding);
  }

  /** Finds a queue pair's completions from now on. */
  void attach(QueuePair pair) {
    pairs.add(pair);
  }

  /** Skips a queue pair's completions from now on. */
  void detach(QueuePair pair) {
    pairs.remove(pair);
    if (pair.sharesReceives()) {
      leaveReceives(pair.number());
    }
  }

  /** Says that shared receives of a queue pair that is gone may be in the queue. */
  void leaveReceives(int number) {
    leftovers.add(number, room.leave(0));
  }

  /**
   * Refuses the number of a new queue pair if receives of a closed one of that number may still be
   * here: they say nothing else about whose they are.
   */
  void requireFresh(int number) {
    if (leftovers.contains(number, room)) {
      throw new IllegalStateException(
          "the device gave the number "
              + number
              + " again, and the completion queue may still hold receives of the closed queue pair"
              + " of that number: poll it until it is empty, then create the queue pair again");
    }
  }

  /** Sets aside room for all receives of a shared queue. */
  void attach(SharedReceiveQueue queue) {
    reserve(queue.depth());
    shared.add(queue);
  }

  /** Gives that back: the shared queue is gone. */
  void detach(SharedReceiveQueue queue) {
    leave(queue.slots().outstanding());
    release(queue);
  }

  /** Gives the room for a shared queue back. */
  void release(SharedReceiveQueue queue) {
    unreserve(queue.depth());
    shared.remove(queue);
  }

  /** The completion queue is gone. */
  void forgetBy(CompletionQueue queue) {
    shared.forEach(each -> each.forget(queue));
  }
}
