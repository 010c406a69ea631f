package io.verbena.verbs;

import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_cq;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the completions of queue pairs come; stands for {@code struct ibv_cq}, see {@code man
 * ibv_create_cq}, {@code man ibv_poll_cq} and {@code man ibv_req_notify_cq}.
 *
 * <p>A queue that runs over loses completions without a word, so this cannot happen: the depths of
 * the queue pairs that complete here are added up, and one that would be too many is refused.
 *
 * <p>Threads: one at a time may poll, arm or await; {@link #wakeup} and {@code close()} may be
 * called from any, and so may {@link #resize} and {@link #moderate}. Ownership: by its {@link
 * Context} and its {@link CompletionChannel}; closing it closes the queue pairs that complete here.
 */
public final class CompletionQueue extends NativeObject {
  private final Context context;
  private final @Nullable CompletionChannel channel;
  private final boolean ownsChannel;
  private final Completions completions;
  private final @Nullable ExtendedPoll extended;

  private final MemorySegment pollFunction;
  private final MemorySegment notifyFunction;
  private final long queueAddress;
  private final long arrayAddress;

  private final CompletionRoom room;
  private final CompletionSources sources;

  /** Made by {@link CompletionQueueCreation}. */
  CompletionQueue(
      Context context,
      MemorySegment handle,
      CompletionQueueConfig config,
      @Nullable CompletionChannel channel,
      boolean isExtended) {
    super(
        handle,
        channel == null ? new NativeObject[] {context} : new NativeObject[] {context, channel});
    this.context = context;
    this.channel = channel;
    this.ownsChannel = config.channel() == null;
    this.room = new CompletionRoom(ibv_cq.cqe(handle));
    this.sources = new CompletionSources(room);
    this.completions = new Completions(this);
    this.extended =
        isExtended ? new ExtendedPoll(handle, completions.array(), config.timestamp()) : null;
    this.pollFunction = InlineVerbs.pollCq(context.handle);
    this.notifyFunction = InlineVerbs.reqNotifyCq(context.handle);
    this.queueAddress = handle.address();
    this.arrayAddress = completions.array().address();
  }

  /**
   * The device that the queue is on.
   *
   * @return its context
   */
  public Context context() {
    return context;
  }

  /**
   * Where the queue's events go.
   *
   * @return the channel that it was created on, or its own
   * @throws IllegalStateException if it was created without
   */
  public CompletionChannel channel() {
    CompletionChannel present = channel;
    if (present == null) {
      throw new IllegalStateException(
          description() + " has no channel: create it without withoutChannel() to get events");
    }
    return present;
  }

  /**
   * The completions that fit, as granted by the device.
   *
   * @return at least as many as were asked for
   */
  public int capacity() {
    return room.capacity();
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

  /**
   * Of an extended queue, the provider may hold a spin lock between two critical calls: a second
   * thread that waits for it in a critical call would stop a garbage collection for ever. A
   * caller's mistake must not end like that.
   */
  private void begin() {
    if (extended == null) {
      enter();
    } else {
      enterAlone();
    }
  }

  private boolean fill(Completions cursor) throws VerbsException {
    int count;
    begin();
    long left = room.left();
    try {
      count =
          extended == null
              ? InlineVerbs.pollCq(pollFunction, queueAddress, Completions.LENGTH, arrayAddress)
              : extended.fill();
    } finally {
      exit();
    }
    if (count < 0) {
      throw VerbsException.of("ibv_poll_cq", description(), -count);
    }
    cursor.refilled(count);
    if (left != 0
        && count < Completions.LENGTH
        && (extended == null || !extended.failsNextTime())) {
      // The queue is empty: what was left behind before this poll is gone.
      room.foundEmpty(left);
    }
    return count > 0;
  }

  /**
   * Asks for one event on the channel when the next completion comes; see {@code man
   * ibv_req_notify_cq}. Poll afterwards: for completions that are already there, no event comes.
   *
   * @param solicitedOnly only for receives whose sender asked for it, and for failures
   * @throws VerbsException if the device refuses
   * @throws IllegalStateException if the queue is closed or has no channel, or another thread is
   *     using it
   */
  public void arm(boolean solicitedOnly) throws VerbsException {
    int result;
    channel();
    begin();
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
   *     using it or its channel; if it has no channel, as soon as it would have to sleep
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
      return channel().await(timeout);
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
    if (channel != null) {
      channel.wakeup();
    }
  }

  /**
   * Makes room for more completions, or less; see {@code man ibv_resize_cq}. Nothing that is in the
   * queue is lost. Another thread may poll, arm and await meanwhile: it waits for the device's
   * answer.
   *
   * @param entries the completions that it must hold, at least those that belong to queue pairs
   * @throws VerbsException if the device refuses. With EINVAL, EOPNOTSUPP or ENOSYS the queue is as
   *     before; after anything else it is closed together with its queue pairs, because a provider
   *     may have let go of the old one: {@link #isOpen} tells
   * @throws IllegalArgumentException if queue pairs need more
   * @throws IllegalStateException if the queue is closed
   */
  public void resize(int entries) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      int needed = Math.max(1, room.needed());
      if (entries < needed) {
        throw new IllegalArgumentException(
            description() + " cannot shrink to " + entries + ": its queue pairs need " + needed);
      }
      int result = CompletionQueueCreation.resize(this, entries);
      if (result != 0) {
        VerbsException refusal =
            VerbsException.of(
                "ibv_resize_cq", "entries=" + entries + ", now=" + capacity(), result);
        if (isClosed()) {
          List<VerbsException> failures = new ArrayList<>();
          release(failures);
          failures.forEach(refusal::addSuppressed);
        }
        throw refusal;
      }
      room.resized(ibv_cq.cqe(handle));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets one event stand for several completions; see {@code man ibv_modify_cq}. Completions can be
   * polled at once all the same. An event comes as soon as either limit is reached.
   *
   * @param completionCount how many, at least 0
   * @param period how long to wait for so many, in whole microseconds; zero, as the device does by
   *     itself
   * @throws VerbsException if the device cannot
   * @throws IllegalArgumentException if a value is beyond {@link
   *     ExtendedDeviceAttributes#moderation}
   * @throws IllegalStateException if the queue is closed
   */
  public void moderate(int completionCount, Duration period) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      CompletionQueueCreation.moderate(this, completionCount, period);
    } finally {
      lock.unlock();
    }
  }

  static IllegalStateException noTimestamps() {
    return new IllegalStateException(
        "this completion queue has no timestamps: create it with"
            + " CompletionQueueConfig.withTimestamp()");
  }

  /** Of the completion at a place of the cursor's array. */
  long timestamp(int place) {
    if (extended == null) {
      throw noTimestamps();
    }
    return extended.timestamp(place);
  }

  /** What completes here. */
  CompletionSources sources() {
    return sources;
  }

  @Override
  UseGuard[] guards() {
    return new UseGuard[] {this};
  }

  @Override
  void wakeSleepers() {
    wakeup();
  }

  @Override
  @Nullable VerbsException destroy() {
    sources.forgetBy(this);
    return destroyed("ibv_destroy_cq", Verbs.ibv_destroy_cq(handle));
  }

  @Override
  void afterDestroy(List<VerbsException> failures) {
    if (ownsChannel && channel != null) {
      channel.release(failures);
    }
  }

  @Override
  String description() {
    return "the completion queue of " + capacity() + " entries on " + context.device().name();
  }
}
