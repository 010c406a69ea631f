package io.verbena.lane.rdma;

import io.verbena.lane.Frame;
import io.verbena.lane.LaneFailure;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.SharedReceiveQueue;
import io.verbena.verbs.VerbsException;
import io.verbena.verbs.WorkKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lanes that share a completion queue, receives and send slots, sized for a certain number of them.
 * Whoever polls for one lane takes the events of all to them. The hub's lock guards it.
 */
final class LaneGroup {
  /** Requests of a lane that may be outstanding for frames; one-sided operations leave them. */
  static final int FRAME_DEPTH = 32;

  /** Requests of a lane that may be outstanding for one-sided operations and pulls. */
  static final int OPERATION_DEPTH = 32;

  /** Frames without credit that may be under way to us: bounded by the protocol. */
  static final int UNCREDITED = 12;

  /** Inline up to here where the adapter can: it saves a read of memory over the bus. */
  private static final int INLINE_BYTES = 128;

  final RdmaHub hub;
  final LaneMemory memory;
  final SendSlots sendSlots;
  private final SharedReceives receives;
  private final SharedReceiveQueue sharedQueue;
  private final CompletionQueue queue;
  private final IdentityHashMap<QueuePair, RdmaLane> lanes = new IdentityHashMap<>();
  private final int[] freePlaces;
  private int freePlaceCount;
  private final Frame frame = new Frame();

  /** Lanes with news for their endpoints, or that have failed. */
  private final List<RdmaLane> touched = new ArrayList<>();

  /** Lanes that found no send slot. */
  private final List<RdmaLane> starved = new ArrayList<>();

  /** The events of a lane are with its endpoint just now. */
  private boolean delivering;

  private boolean settling;

  /** Polls that are under way: one may be inside of another. */
  private int polls;

  private boolean dead;

  /**
   * Creates a group without lanes.
   *
   * @param size lanes
   * @param receivesOfLane what each of them needs
   * @param wordsOfLane atomics that each of them may have under way
   */
  LaneGroup(RdmaHub hub, int size, int receivesOfLane, int wordsOfLane) throws VerbsException {
    this.hub = hub;
    RdmaAdapter adapter = hub.adapter();
    int depth = size * receivesOfLane + SharedReceives.SPARE;
    int sends = SendSlots.count(size);
    var undo = new ArrayList<AutoCloseable>();
    boolean ready = false;
    try {
      memory = new LaneMemory(adapter.domain(), sends, depth, size, wordsOfLane);
      undo.add(memory.region);
      queue =
          adapter
              .context()
              .createCompletionQueue(
                  size * (FRAME_DEPTH + OPERATION_DEPTH) + depth, adapter.channel());
      undo.add(queue);
      sharedQueue = adapter.domain().createSharedReceiveQueue(depth, 1);
      ready = true;
    } finally {
      if (!ready) {
        undo.reversed().forEach(RdmaHub::closeQuietly);
      }
    }
    sendSlots = new SendSlots(size);
    receives = new SharedReceives(sharedQueue, memory);
    freePlaces = new int[size];
    for (int place = size - 1; place >= 0; place--) {
      freePlaces[freePlaceCount++] = place;
    }
  }

  boolean fits(int receivesOfLane, int wordsOfLane) {
    submitReceives();
    return !dead
        && freePlaceCount > 0
        && receives.hasRoom(receivesOfLane)
        && wordsOfLane <= memory.wordsOfLane();
  }

  /** Whether it takes no more lanes. */
  boolean isDead() {
    return dead;
  }

  /** Whether nobody has to do with it any more, nor is in the middle of it. */
  boolean isOver() {
    return dead && lanes.isEmpty() && polls == 0 && !settling;
  }

  /** Frees what lanes shared; there must be none. */
  void close() {
    RdmaHub.closeQuietly(sharedQueue);
    RdmaHub.closeQuietly(queue);
    RdmaHub.closeQuietly(memory.region);
  }

  /** Creates the queue pair of a lane and finds it a place. */
  Member join(int receivesOfLane) throws VerbsException {
    // Numbers of closed queue pairs may come back: what those left must be gone by then.
    pollAll();
    receives.reserve(receivesOfLane);
    boolean ready = false;
    try {
      QueuePair pair =
          hub.adapter()
              .domain()
              .createQueuePair(
                  QueuePairConfig.reliable(queue)
                      .withSendDepth(FRAME_DEPTH + OPERATION_DEPTH)
                      .withSharedReceiveQueue(sharedQueue)
                      .withInlineBytes(INLINE_BYTES));
      ready = true;
      return new Member(pair, freePlaces[--freePlaceCount], receivesOfLane);
    } finally {
      if (!ready) {
        receives.release(receivesOfLane);
      }
    }
  }

  /** A lane keeps the frames of so many more receives. */
  void kept(int more) {
    receives.kept(more);
  }

  /** What a lane has of its group. */
  record Member(QueuePair pair, int place, int receives) {}

  void add(RdmaLane lane, Member member) {
    lanes.put(member.pair(), lane);
  }

  /**
   * Closes a lane's queue pair: afterwards the device touches no memory for it any more. What has
   * completed before is taken out first, because the receives among it belong to all.
   */
  void leave(RdmaLane lane, Member member) {
    lane.stopSending();
    if (!delivering) {
      pollAll();
    }
    RdmaHub.closeQuietly(member.pair());
    lanes.remove(member.pair());
    sendSlots.giveAll(lane);
    starved.remove(lane);
    receives.release(member.receives());
    freePlaces[freePlaceCount++] = member.place();
    wakeStarved();
  }

  /**
   * Delivers what has completed.
   *
   * @param limit how many completions about; what remains comes with the next call
   * @return how many there were
   */
  int poll(int limit) {
    int delivered = 0;
    polls++;
    try {
      Completions done;
      do {
        done = queue.poll();
        while (done.next()) {
          handle(done);
          delivered++;
        }
        receives.submitMany();
      } while (done.mayHaveMore() && delivered < limit);
      if (delivered == 0) {
        receives.submit();
      }
    } catch (VerbsException e) {
      failAll(e);
    } finally {
      polls--;
    }
    return delivered;
  }

  /** Delivers whatever has completed. */
  void pollAll() {
    poll(queue.capacity());
  }

  private void handle(Completions done) {
    RdmaLane lane = lanes.get(done.queuePair());
    boolean received = done.kind() == WorkKind.RECEIVE;
    if (lane == null || lane.isClosed()) {
      if (received) {
        receives.repost((int) done.id());
      }
      return;
    }
    touch(lane);
    if (received) {
      int slot = (int) done.id();
      if (!done.succeeded()) {
        receives.repost(slot);
        lane.deliveries.failed(done);
      } else if (!lane.deliveries.hasSink() && !isProbe(slot)) {
        lane.deliveries.keep(slot, done.byteCount());
      } else {
        deliver(lane, slot, done.byteCount());
      }
    } else {
      delivering = true;
      try {
        lane.deliveries.ended(done);
      } finally {
        delivering = false;
      }
    }
  }

  private boolean isProbe(int slot) {
    return memory.all().get(memory.receiveAt(slot)) == LaneProbe.TYPE;
  }

  /** Takes a received frame to its lane, and the slot back. */
  void deliver(RdmaLane lane, int slot, int bytes) {
    int at = memory.receiveAt(slot);
    if (bytes < Frame.BYTES
        || !frame.read(memory.all(), at, LaneMemory.MAX_PAYLOAD)
        || frame.length != bytes - Frame.BYTES) {
      lane.fail(LaneFailure.Kind.PROTOCOL, "the peer sent a malformed frame");
    } else {
      ByteBuffer payload = memory.lend(at + Frame.BYTES, frame.length);
      delivering = true;
      try {
        lane.deliveries.received(frame, payload);
      } finally {
        delivering = false;
      }
    }
    receives.repost(slot);
  }

  /** The slot may be filled again. */
  void drop(int slot) {
    receives.repost(slot);
  }

  /** Posts the receives that came back since. */
  void submitReceives() {
    try {
      receives.submit();
    } catch (VerbsException e) {
      failAll(e);
    }
  }

  private void failAll(VerbsException e) {
    failAll(String.valueOf(e.getMessage()));
  }

  /** Ends all lanes, and takes no more. */
  void failAll(String cause) {
    dead = true;
    for (RdmaLane lane : lanes.values()) {
      lane.fail(LaneFailure.Kind.NETWORK, cause);
    }
  }

  /** Ends all lanes if they share this queue. */
  void failIfUsing(CompletionQueue failed, String cause) {
    if (failed == queue) {
      failAll(cause);
    }
  }

  /** Ends all lanes if they share this queue. */
  void failIfUsing(SharedReceiveQueue failed, String cause) {
    if (failed == sharedQueue) {
      failAll(cause);
    }
  }

  /** Ends the lane that has this queue pair, if it is one of these. */
  void failIfUsing(QueuePair failed, String cause) {
    RdmaLane lane = lanes.get(failed);
    if (lane != null) {
      lane.fail(LaneFailure.Kind.NETWORK, cause);
    }
  }

  void arm() {
    try {
      queue.arm(false);
    } catch (VerbsException e) {
      failAll(e);
    }
  }

  /** Notes that a lane has something to settle. */
  void touch(RdmaLane lane) {
    if (!lane.isTouched) {
      lane.isTouched = true;
      touched.add(lane);
    }
  }

  /** Notes that a lane wants a send slot. */
  void starve(RdmaLane lane) {
    if (!lane.isStarved) {
      lane.isStarved = true;
      starved.add(lane);
    }
  }

  /** Takes a send slot back. */
  void giveSlot(int slot) {
    sendSlots.give(slot);
    wakeStarved();
  }

  private void wakeStarved() {
    for (int i = starved.size() - 1; i >= 0; i--) {
      RdmaLane lane = starved.get(i);
      if (sendSlots.canTake(lane)) {
        lane.isStarved = false;
        starved.remove(i);
        touch(lane);
      }
    }
  }

  /**
   * Tells the endpoints that have had news, and takes down lanes that have failed.
   *
   * @param own a lane whose endpoint polls, and knows
   */
  void settle(@Nullable RdmaLane own) {
    if (settling) {
      return;
    }
    settling = true;
    try {
      // Settling one may touch others.
      for (int i = 0; i < touched.size(); i++) {
        RdmaLane lane = touched.get(i);
        lane.isTouched = false;
        lane.settle(lane == own);
      }
    } finally {
      touched.forEach(lane -> lane.isTouched = false);
      touched.clear();
      settling = false;
    }
  }
}
