package io.verbena.lane.rdma;

import io.verbena.lane.Frame;
import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.VerbsException;
import org.jspecify.annotations.Nullable;

/**
 * The verbs objects of one lane: a queue pair with a completion queue of its own, and one region
 * with the send slots, the receive slots and a word for the previous value of each atomic.
 */
record LaneResources(
    MemoryRegion region,
    CompletionQueue queue,
    QueuePair pair,
    Slots sends,
    Slots receives,
    long previousValuesAt) {

  /** Both sides' receive slots have this room: part of the protocol. */
  static final int MAX_PAYLOAD = 32 << 10;

  static final int SLOT_BYTES = Frame.BYTES + MAX_PAYLOAD;

  static final int SEND_SLOTS = 32;

  /** Frames without credit that may be under way: credit, close, probe, each with room to spare. */
  private static final int UNCREDITED = 8;

  /** Inline up to here where the adapter can: it saves a read of memory over the bus. */
  private static final int INLINE_BYTES = 128;

  static LaneResources create(RdmaAdapter adapter, int window, int depth) throws VerbsException {
    int receiveSlots = window + UNCREDITED;
    int sendDepth = SEND_SLOTS + depth;
    long receivesAt = (long) SEND_SLOTS * SLOT_BYTES;
    long previousValuesAt = receivesAt + (long) receiveSlots * SLOT_BYTES;
    ProtectionDomain domain = adapter.domain();
    MemoryRegion region =
        domain.allocate(previousValuesAt + (long) depth * Long.BYTES, Access.LOCAL_WRITE);
    CompletionQueue queue = null;
    try {
      queue = adapter.context().createCompletionQueue(sendDepth + receiveSlots, adapter.channel());
      QueuePair pair =
          domain.createQueuePair(
              QueuePairConfig.reliable(queue)
                  .withSendDepth(sendDepth)
                  .withReceiveDepth(receiveSlots)
                  .withInlineBytes(INLINE_BYTES));
      return new LaneResources(
          region,
          queue,
          pair,
          new Slots(region.memory(), 0, SEND_SLOTS, SLOT_BYTES),
          new Slots(region.memory(), receivesAt, receiveSlots, SLOT_BYTES),
          previousValuesAt);
    } catch (VerbsException | RuntimeException e) {
      close(queue, region);
      throw e;
    }
  }

  void close() {
    close(queue, region);
  }

  private static void close(@Nullable CompletionQueue queue, MemoryRegion region) {
    if (queue != null) {
      queue.close();
    }
    region.close();
  }
}
