package io.verbena.lane.rdma;

import io.verbena.lane.LaneLock;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.verbs.DeviceAttributes;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all lanes on one adapter share: one lock, and groups of lanes that share a completion queue,
 * receives and send slots. Groups are added as lanes come, each twice as big as the one before, up
 * to what a completion queue of the device and a piece of memory take; places of closed lanes are
 * used again.
 *
 * <p>Thread-safe. Whoever polls delivers everybody's events.
 */
public final class RdmaHub {
  private static final Logger LOG = LoggerFactory.getLogger(RdmaHub.class);

  /** Places of the first group of lanes. */
  public static final int FIRST_GROUP = 8;

  /** How often the TCP connections are looked at by those who poll: it takes a system call. */
  private static final long PEER_CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** Polls without events before somebody looks at the clock. */
  private static final int POLLS_PER_LOOK = 64;

  private static final int SCRATCH_BYTES = 256;

  private final RdmaAdapter adapter;
  private final LaneLock lock = new LaneLock();
  private final List<LaneGroup> groups = new ArrayList<>();
  private final Selector selector;

  /** Lanes whose peer has ended its TCP connection: its last frames may still be on their way. */
  private final List<RdmaLane> orphans = new ArrayList<>();

  /** Made once: nothing is allocated while nothing happens. */
  private final Consumer<SelectionKey> peerHasNews = this::peerHasNews;

  private final DeviceNews news;
  private volatile boolean severalGroups;
  private int pollsToLook = POLLS_PER_LOOK;
  private long nextPeerCheck = System.nanoTime();

  // For all lanes, under the lock.
  final ArrayDeque<Pull> sparePulls = new ArrayDeque<>();
  final MessageMemory messages = new MessageMemory();
  final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);

  RdmaHub(RdmaAdapter adapter) throws IOException {
    this.adapter = adapter;
    this.news = new DeviceNews(adapter, groups);
    this.selector = Selector.open();
  }

  RdmaAdapter adapter() {
    return adapter;
  }

  /** The lock of all lanes. */
  public LaneLock lock() {
    return lock;
  }

  /**
   * Names the allocator whose buffers lanes send and pull without copying; without one, all
   * messages are copied.
   *
   * @param allocator of the adapter's protection domain
   */
  public void useBuffers(RegisteredByteBufAllocator allocator) {
    lock.lock();
    try {
      messages.use(allocator);
    } finally {
      lock.unlock();
    }
  }

  @Nullable RegisteredByteBufAllocator buffers() {
    return messages.buffers();
  }

  /** A group with a place for one more lane; with the lock. */
  LaneGroup group(int receives, int words) throws VerbsException {
    removeOver();
    for (LaneGroup group : groups) {
      if (group.fits(receives, words)) {
        return group;
      }
    }
    int living = (int) groups.stream().filter(group -> !group.isDead()).count();
    int size = Math.min(FIRST_GROUP << Math.min(living, 16), largestGroup(receives, words));
    LaneGroup group = new LaneGroup(this, size, receives, words);
    groups.add(group);
    severalGroups = groups.size() > 1;
    return group;
  }

  private void removeOver() {
    for (int i = groups.size() - 1; i >= 0; i--) {
      if (groups.get(i).isOver()) {
        groups.remove(i).close();
      }
    }
    severalGroups = groups.size() > 1;
  }

  private int largestGroup(int receives, int words) throws VerbsException {
    DeviceAttributes device = adapter.context().attributes();
    int completions = LaneGroup.FRAME_DEPTH + LaneGroup.OPERATION_DEPTH + receives;
    int byCompletions = (device.maxCompletionEntries() - SharedReceives.SPARE) / completions;
    int byReceives = (device.maxSharedReceiveDepth() - SharedReceives.SPARE) / receives;
    int byMemory = LaneMemory.mostLanes(receives, words);
    return Math.max(1, Math.min(byMemory, Math.min(byCompletions, byReceives)));
  }

  /**
   * Delivers what has completed, to all lanes.
   *
   * @param limit how many completions of each group about
   * @return how many there were
   */
  public int poll(int limit) {
    lock.lock();
    try {
      int delivered = 0;
      for (int i = 0; i < groups.size(); i++) {
        LaneGroup group = groups.get(i);
        delivered += group.poll(limit);
        group.settle(null);
      }
      return delivered;
    } finally {
      lock.unlock();
    }
  }

  /** An estimate for those who do not have the lock. */
  public boolean hasSeveralGroups() {
    return severalGroups;
  }

  /** As {@link #poll}, unless somebody else has the lock: they move data, or will soon be done. */
  public int tryPoll(int limit) {
    if (!lock.tryLock()) {
      return 0;
    }
    try {
      return poll(limit);
    } finally {
      lock.unlock();
    }
  }

  /** A lane's endpoint polls and there were no events, once more; with the lock. */
  void polledInVain(RdmaLane own) {
    if (--pollsToLook > 0 && orphans.isEmpty()) {
      return;
    }
    pollsToLook = POLLS_PER_LOOK;
    long now = System.nanoTime();
    if (now - nextPeerCheck >= 0 || !orphans.isEmpty()) {
      nextPeerCheck = now + PEER_CHECK_NANOS;
      checkPeers(own);
    }
  }

  /**
   * Looks which peers have ended, and what the device has to say.
   *
   * @return whether there are some that may have frames on their way to us: poll, and ask again
   */
  public boolean checkPeers() {
    lock.lock();
    try {
      checkPeers(null);
      return !orphans.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private void checkPeers(@Nullable RdmaLane own) {
    news.read();
    // What a peer sent before it went is here by the next time, unless more keeps coming. Who polls
    // has looked at its own group only.
    for (int i = 0; i < groups.size() && !orphans.isEmpty(); i++) {
      groups.get(i).pollAll();
    }
    for (int i = orphans.size() - 1; i >= 0; i--) {
      if (orphans.get(i).isOver()) {
        orphans.remove(i);
      }
    }
    forgetClosed();
    for (int i = 0; i < groups.size(); i++) {
      groups.get(i).settle(own);
    }
  }

  /** The selector gives descriptors of closed connections back only when it is asked. */
  void forgetClosed() {
    try {
      selector.selectNow(peerHasNews);
    } catch (IOException e) {
      LOG.warn("The TCP connections beside the queue pairs cannot be watched", e);
    }
  }

  private void peerHasNews(SelectionKey key) {
    var lane = (RdmaLane) key.attachment();
    if (lane.watchedPeerEnded()) {
      key.cancel();
      orphans.add(lane);
    }
  }

  DeviceNews news() {
    return news;
  }

  Selector selector() {
    return selector;
  }

  /** Asks for a word on the completion channel when there is something to poll. */
  public void arm() {
    lock.lock();
    try {
      groups.forEach(LaneGroup::arm);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sleeps until an armed queue has something, or {@link #wakeup}.
   *
   * @param longest how long at most
   * @throws VerbsException if the device fails
   */
  public void await(Duration longest) throws VerbsException {
    adapter.channel().await(longest);
  }

  /** Ends {@link #await}, or the next one. */
  public void wakeup() {
    adapter.channel().wakeup();
  }

  void close() {
    closeQuietly(selector);
  }

  static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      LOG.warn("{} could not be closed", resource, e);
    }
  }
}
