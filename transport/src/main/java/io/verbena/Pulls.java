package io.verbena;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import io.verbena.lane.Lane;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The peer's messages that are too long to be sent before we ask for them: it says where they lie,
 * and we pull them when we have memory. In order; not thread-safe.
 */
final class Pulls {
  /** Part of the protocol: messages that a side may have advertised and the other not pulled. */
  static final int MOST = 4;

  /** Tells the cookies of pulls from those of operations. */
  static final long COOKIE = 1L << 61;

  /** Looking for memory takes it from the caches of all threads: the longer in vain, the rarer. */
  private static final long SHORTEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int PAUSES_OF_A_WAIT = 8;

  /** That memory comes back takes a while; from then on somebody should know. */
  private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final class Pull {
    long length;
    long arrival;

    /** What came with the advertisement. */
    ByteBuffer pieces = ByteBuffer.allocate(0);

    @Nullable ByteBuf target;
  }

  private final Lane lane;
  private final ByteBufAllocator allocator;

  /**
   * At its number modulo {@link #MOST}; an endpoint to which nobody sends such messages has none.
   */
  private Pull @Nullable [] pulls;

  private long advertised;
  private long started;
  private long finished;

  /** Why there was no memory for the next one, or null. */
  private @Nullable RuntimeException refusal;

  private long refusedSince;
  private long nextTry;
  private boolean isReported;

  Pulls(Lane lane, ByteBufAllocator allocator) {
    this.lane = lane;
    this.allocator = allocator;
  }

  boolean isFull() {
    return advertised - finished == MOST;
  }

  /** Whether nothing waits for its turn. */
  boolean isIdle() {
    return started == advertised;
  }

  /** How many are done since the beginning: the peer may have their memory back. */
  long finished() {
    return finished;
  }

  @Nullable RuntimeException refusal() {
    return refusal;
  }

  /** Whether the next one may find what it needs, if it lacks memory. */
  boolean isToBeTried(long now) {
    return refusal == null || now - nextTry >= 0;
  }

  /** Whether the next one has lacked memory for long, and nobody has asked this so far. */
  boolean hasToReport(long now) {
    if (refusal == null || isReported || now - refusedSince < REPORT_NANOS) {
      return false;
    }
    isReported = true;
    return true;
  }

  /** Notes an advertisement, of which there is room for one more. */
  void add(long length, long arrival, ByteBuffer payload) {
    if (pulls == null) {
      pulls = new Pull[] {new Pull(), new Pull(), new Pull(), new Pull()};
    }
    Pull pull = at(advertised++);
    pull.length = length;
    pull.arrival = arrival;
    int bytes = payload.remaining();
    if (pull.pieces.capacity() < bytes) {
      pull.pieces = ByteBuffer.allocate(bytes);
    }
    pull.pieces.clear().put(0, payload, payload.position(), bytes).limit(bytes);
  }

  /** Whether nobody can take anything before the next one to start is there. */
  boolean isAwaited(Arrivals arrivals) {
    return arrivals.isFirst(at(started).arrival);
  }

  /** Bytes of the next one to start. */
  long nextLength() {
    return at(started).length;
  }

  /**
   * Starts the next one.
   *
   * @return false if the lane has no room, or there is no memory: see {@link #refusal}
   */
  boolean start() {
    Pull pull = at(started);
    ByteBuf target = pull.target;
    if (target == null) {
      try {
        target = allocator.directBuffer((int) pull.length, (int) pull.length);
      } catch (OutOfMemoryError e) {
        refused(new IllegalStateException(e.getMessage(), e));
        return false;
      } catch (RuntimeException e) {
        refused(e);
        return false;
      }
      refusal = null;
      pull.target = target;
    }
    if (!lane.tryPull(target, pull.pieces, COOKIE | started)) {
      return false;
    }
    started++;
    return true;
  }

  private void refused(RuntimeException why) {
    long now = System.nanoTime();
    if (refusal == null) {
      refusedSince = now;
      isReported = false;
    }
    refusal = why;
    long pause = (now - refusedSince) / PAUSES_OF_A_WAIT;
    nextTry = now + Math.clamp(pause, SHORTEST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
  }

  static boolean isCookie(long cookie) {
    return (cookie & COOKIE) != 0;
  }

  /** The one that was started first is done: its message goes to its place. */
  long finish(Arrivals arrivals) {
    Pull pull = at(finished++);
    ByteBuf target = pull.target;
    pull.target = null;
    if (target != null) {
      target.writerIndex((int) pull.length);
      arrivals.fill(pull.arrival, target);
    }
    return pull.length;
  }

  /** Whether a cookie names the one that is to be done next. */
  boolean isNext(long cookie) {
    return cookie == (COOKIE | finished) && finished < started;
  }

  /** Releases what will not be filled any more; the lane is dead. */
  void drop() {
    for (; finished < advertised; finished++) {
      Pull pull = at(finished);
      ReferenceCountUtil.safeRelease(pull.target);
      pull.target = null;
    }
    started = advertised;
  }

  private Pull at(long number) {
    Pull[] all = pulls;
    if (all == null) {
      throw new IllegalStateException("nothing was advertised");
    }
    return all[(int) number & (MOST - 1)];
  }
}
