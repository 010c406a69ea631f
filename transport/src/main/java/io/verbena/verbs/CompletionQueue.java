package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_cq;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the completions of queue pairs come; stands for {@code struct ibv_cq}, see {@code man
 * ibv_create_cq}, {@code man ibv_poll_cq} and {@code man ibv_req_notify_cq}.
 *
 * <p>A queue that runs over loses completions without a word, so this cannot happen: the depths of
 * the queue pairs that complete here are added up, and one that would be too many is refused.
 *
 * <p>Threads: one at a time may poll, arm or await; {@link #wakeup} and {@code close()} may be
 * called from any. Ownership: by its {@link CompletionChannel}; closing it closes the queue pairs
 * that complete here.
 */
public final class CompletionQueue extends NativeObject {
  private static final QueuePair[] NO_PAIRS = new QueuePair[1];

  private final CompletionChannel channel;
  private final boolean ownsChannel;
  private final int capacity;
  private final Completions completions;

  private final long pollFunction;
  private final long notifyFunction;
  private final long queueAddress;
  private final long arrayAddress;

  /** By number, open addressing; replaced as a whole when a queue pair comes or goes. */
  private volatile @Nullable QueuePair[] pairs = NO_PAIRS;

  /** Whose receives may complete here; replaced as a whole. */
  private volatile SharedReceiveQueue[] shared = new SharedReceiveQueue[0];

  /** Completions that queue pairs which are gone may have left in the queue. */
  private final AtomicInteger stale = new AtomicInteger();

  private int attachedPairs;
  private int reserved;

  private CompletionQueue(
      CompletionChannel channel, MemorySegment handle, boolean ownsChannel, int capacity) {
    super(handle, channel.context(), channel);
    this.channel = channel;
    this.ownsChannel = ownsChannel;
    this.capacity = capacity;
    this.completions = new Completions(this);
    this.pollFunction = InlineVerbs.pollCq(channel.context().handle);
    this.notifyFunction = InlineVerbs.reqNotifyCq(channel.context().handle);
    this.queueAddress = handle.address();
    this.arrayAddress = completions.address();
  }

  static CompletionQueue create(CompletionChannel channel, int entries, boolean ownsChannel)
      throws VerbsException {
    if (entries < 1) {
      throw new IllegalArgumentException("a completion queue has at least 1 entry, not " + entries);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment queue =
          ErrnoCalls.createCq(
              capture, channel.context().handle, entries, MemorySegment.NULL, channel.handle, 0);
      if (queue.address() == 0) {
        throw VerbsException.of("ibv_create_cq", "entries=" + entries, ErrnoCalls.errno(capture));
      }
      return new CompletionQueue(channel, queue, ownsChannel, ibv_cq.cqe(queue));
    }
  }

  /**
   * The device that the queue is on.
   *
   * @return its context
   */
  public Context context() {
    return channel.context();
  }

  /**
   * Where the queue's events go.
   *
   * @return the channel that it was created on, or its own
   */
  public CompletionChannel channel() {
    return channel;
  }

  /**
   * The completions that fit, as granted by the device.
   *
   * @return at least as many as were asked for
   */
  public int capacity() {
    return capacity;
  }

  /**
   * Takes what is completed, without waiting. Never drops anything: if the cursor has completions
   * that were not read yet, they come first, and the device is not asked.
   *
   * @return the queue's cursor, always the same one, before the first completion; it may have none
   * @throws VerbsException if the device fails
   * @throws IllegalStateException if the queue is closed, or another thread is polling
   */
  public Completions poll() throws VerbsException {
    Completions cursor = completions;
    if (cursor.hasUnread()) {
      if (isClosed()) {
        throw closed();
      }
      return cursor;
    }
    fill(cursor);
    return cursor;
  }

  private boolean fill(Completions cursor) throws VerbsException {
    int count;
    enter();
    int left = stale.getPlain();
    try {
      count = InlineVerbs.pollCq(pollFunction, queueAddress, Completions.LENGTH, arrayAddress);
    } finally {
      exit();
    }
    if (count < 0) {
      throw VerbsException.of("ibv_poll_cq", description(), -count);
    }
    cursor.refilled(count);
    if (left != 0 && count < Completions.LENGTH) {
      // The queue is empty: what was left behind before this poll is gone.
      stale.addAndGet(-left);
    }
    return count > 0;
  }

  /**
   * Asks for one event on the channel when the next completion comes; see {@code man
   * ibv_req_notify_cq}. Poll afterwards: for completions that are already there, no event comes.
   *
   * @param solicitedOnly only for receives whose sender asked for it, and for failures
   * @throws VerbsException if the device refuses
   * @throws IllegalStateException if the queue is closed, or another thread is using it
   */
  public void arm(boolean solicitedOnly) throws VerbsException {
    int result;
    enter();
    try {
      result = InlineVerbs.reqNotifyCq(notifyFunction, queueAddress, solicitedOnly ? 1 : 0);
    } finally {
      exit();
    }
    if (result != 0) {
      throw VerbsException.of("ibv_req_notify_cq", description(), Math.abs(result));
    }
  }

  /**
   * Waits until there are completions to poll: looks, arms, looks again, then sleeps on the
   * channel. No completion is missed in between. A virtual thread occupies its carrier while it
   * sleeps.
   *
   * <p>If the channel has other queues, their events are taken too: poll those queues afterwards.
   *
   * @param timeout how long at most, rounded up to milliseconds; zero looks without sleeping
   * @return true if {@link #poll} has something to look at (in rare cases only completions of
   *     requests that were not signaled, which it skips); false after the timeout or {@link
   *     #wakeup}
   * @throws VerbsException if the device fails
   * @throws IllegalStateException if the queue is closed, before or meanwhile, or another thread is
   *     using it or its channel
   */
  public boolean await(Duration timeout) throws VerbsException {
    long start = System.nanoTime();
    long nanos = Deadlines.nanos(timeout);
    Completions cursor = completions;
    if (cursor.hasUnread()) {
      return true;
    }
    while (true) {
      if (fill(cursor)) {
        return true;
      }
      long left = nanos - (System.nanoTime() - start);
      if (left <= 0) {
        return false;
      }
      arm(false);
      if (fill(cursor)) {
        return true;
      }
      if (!sleep(Duration.ofNanos(left))) {
        return fill(cursor);
      }
    }
  }

  private boolean sleep(Duration timeout) throws VerbsException {
    try {
      return channel.await(timeout);
    } catch (IllegalStateException e) {
      // The channel goes together with the queue: say which of the two the caller knows.
      throw isClosed() ? closed() : e;
    }
  }

  /**
   * Makes the thread that awaits on the channel return at once, or the next one that comes if none
   * does. Any thread may call this; on a closed queue it does nothing.
   */
  public void wakeup() {
    channel.wakeup();
  }

  /** The queue pair with a number; null if it is gone. */
  @Nullable QueuePair pair(int number) {
    @Nullable QueuePair[] table = pairs;
    int mask = table.length - 1;
    for (int i = number & mask; ; i = i + 1 & mask) {
      QueuePair found = table[i];
      if (found == null || found.number() == number) {
        return found;
      }
    }
  }

  /** Sets aside room for a queue pair; with the lock. */
  void reserve(int entries) {
    int left = stale.get();
    if (entries > capacity - reserved - left) {
      throw new IllegalArgumentException(
          "the completion queue holds "
              + capacity
              + ", of which "
              + reserved
              + " belong to "
              + attachedPairs
              + " queue pairs"
              + (left == 0 ? "" : " and " + left + " may be left from closed ones: poll it")
              + "; "
              + entries
              + " more do not fit: create it with more entries, or the queue pair with less depth");
    }
    reserved += entries;
  }

  /** Gives back what {@link #reserve} set aside; with the lock. */
  void unreserve(int entries) {
    reserved -= entries;
  }

  /** Says that up to so many completions of no interest may be in the queue. */
  void leave(int outstanding) {
    stale.addAndGet(outstanding);
  }

  /** Finds a queue pair's completions from now on; with the lock. */
  void attach(QueuePair pair) {
    if (pair(pair.number()) != pair) {
      attachedPairs++;
      rebuild(pair, null);
    }
  }

  /** The shared receive queue that a receive was posted to; null if it is gone. */
  @Nullable SharedReceiveQueue shared(long workId) {
    int tag = SharedSlots.tag(workId);
    for (SharedReceiveQueue each : shared) {
      if (each.slots().tag() == tag) {
        return each;
      }
    }
    return null;
  }

  /** Sets aside room for all receives of a shared queue; with the lock. */
  void attach(SharedReceiveQueue queue) {
    reserve(queue.depth());
    SharedReceiveQueue[] more = Arrays.copyOf(shared, shared.length + 1);
    more[shared.length] = queue;
    shared = more;
  }

  /** Gives that back: the shared queue is gone; with the lock. */
  void detach(SharedReceiveQueue queue) {
    leave(queue.slots().outstanding());
    unreserve(queue.depth());
    shared = Stream.of(shared).filter(each -> each != queue).toArray(SharedReceiveQueue[]::new);
  }

  /** Skips a queue pair's completions from now on; with the lock. */
  void detach(QueuePair pair) {
    if (pair(pair.number()) == pair) {
      attachedPairs--;
      rebuild(null, pair);
    }
  }

  private void rebuild(@Nullable QueuePair added, @Nullable QueuePair removed) {
    // At most half full, so that a probe meets an empty place soon.
    @Nullable QueuePair[] table =
        new @Nullable QueuePair[Integer.highestOneBit(Math.max(1, 4 * attachedPairs))];
    for (QueuePair pair : pairs) {
      if (pair != null && pair != removed) {
        insert(table, pair);
      }
    }
    if (added != null) {
      insert(table, added);
    }
    pairs = table;
  }

  private static void insert(@Nullable QueuePair[] table, QueuePair pair) {
    int mask = table.length - 1;
    int i = pair.number() & mask;
    while (table[i] != null) {
      i = i + 1 & mask;
    }
    table[i] = pair;
  }

  @Override
  UseGuard[] guards() {
    return new UseGuard[] {this};
  }

  @Override
  void wakeSleepers() {
    channel.wakeup();
  }

  @Override
  @Nullable VerbsException destroy() {
    for (SharedReceiveQueue each : shared) {
      each.forget(this);
    }
    return destroyed("ibv_destroy_cq", Verbs.ibv_destroy_cq(handle));
  }

  @Override
  void afterDestroy(List<VerbsException> failures) {
    if (ownsChannel) {
      channel.release(failures);
    }
  }

  @Override
  String description() {
    return "the completion queue of "
        + capacity
        + " entries on "
        + channel.context().device().name();
  }
}
