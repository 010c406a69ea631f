package io.verbena.lane.rdma;

import io.verbena.verbs.SharedReceiveQueue;
import io.verbena.verbs.VerbsException;

/**
 * The receives that the lanes of a group share. As many are posted as all lanes together may need
 * at a time, so that a send of a peer with credit never finds none, and some more: so many may wait
 * until somebody has time to post them, which is not while a message is on its way up. The hub's
 * lock guards it.
 */
final class SharedReceives {
  /** Receives beyond those of the lanes. */
  static final int SPARE = 8;

  private final SharedReceiveQueue queue;
  private final LaneMemory memory;

  /** Slots that were never posted: from here to the end. */
  private int unused;

  private final int count;
  private int reserved;

  /** Slots whose frames lanes keep. */
  private int kept;

  /** Those that wait to be posted. */
  private int waiting;

  SharedReceives(SharedReceiveQueue queue, LaneMemory memory) {
    this.queue = queue;
    this.memory = memory;
    this.count = queue.depth();
  }

  boolean hasRoom(int receives) {
    return receives + SPARE <= count - lost() - reserved;
  }

  /**
   * Receives whose completions were thrown away together with a closed queue pair: the queue has
   * room again, but nobody knows which slots they had. None may wait to be posted.
   */
  private int lost() {
    return queue.receives().free() - (count - unused) - kept;
  }

  /** Sets receives aside for one lane and sees to it that they are posted. */
  void reserve(int receives) throws VerbsException {
    submit();
    int needed = reserved + lost() + receives + SPARE;
    if (needed > count) {
      // Never into memory that is somebody else's.
      throw new IllegalStateException("receives were lost meanwhile: connect again");
    }
    while (unused < needed) {
      repost(unused++);
    }
    submit();
    reserved += receives;
  }

  /** A lane keeps the frames of so many more slots. */
  void kept(int more) {
    kept += more;
  }

  /** They stay posted, for the next lane. */
  void release(int receives) {
    reserved -= receives;
  }

  /** The slot may be filled again, from the next {@link #submit} on. */
  void repost(int slot) {
    queue.receives().receive(slot, memory.region, memory.receiveAt(slot), LaneMemory.SLOT_BYTES);
    waiting++;
  }

  /** Posts those that wait if they are more than there are to spare. */
  void submitMany() throws VerbsException {
    if (waiting > SPARE) {
      submit();
    }
  }

  /** Posts those that wait. */
  void submit() throws VerbsException {
    if (waiting == 0) {
      return;
    }
    waiting = 0;
    if (!queue.receives().submit()) {
      throw new IllegalStateException("a receive was posted twice: " + queue);
    }
  }
}
