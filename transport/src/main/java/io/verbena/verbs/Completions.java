package io.verbena.verbs;

import io.verbena.ffi.verbs.ibv_wc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over completed requests, lent by {@link CompletionQueue#poll}; stands for {@code struct
 * ibv_wc}, see {@code man ibv_poll_cq}. There is one per queue, used over and over: nothing is
 * allocated, fields are read when they are asked for.
 *
 * {@snippet :
 * Completions done = queue.poll();
 * while (done.next()) {
 *   if (!done.succeeded()) {
 *     throw done.failure();
 *   }
 *   handle(done.id(), done.byteCount());
 * }
 * }
 *
 * <p>Everything but {@link #next} speaks of the completion that {@code next()} went to, and may be
 * called only after it has returned true. Requests that were not signaled are reported only if they
 * failed. What the completion of a closed queue pair left behind is skipped.
 *
 * <p>Threads: the one that polls the queue. Ownership: belongs to the queue; after the queue is
 * closed, there is nothing more to read.
 */
public final class Completions {
  /**
   * What comes before the message in each receive of a datagram queue pair, whether {@link
   * #hasRouteHeader} or not: the global route header, or room for it. In bytes; {@link #byteCount}
   * includes it.
   */
  public static final int ROUTE_HEADER_BYTES = 40;

  /** As many as fit a few cache lines; a longer array gains nothing over polling again. */
  static final int LENGTH = 32;

  private static final long BYTES = ibv_wc.sizeof();
  private static final long WR_ID = ibv_wc.wr_id$offset();
  private static final long STATUS = ibv_wc.status$offset();
  private static final long OPCODE = ibv_wc.opcode$offset();
  private static final long VENDOR_ERROR = ibv_wc.vendor_err$offset();
  private static final long BYTE_LENGTH = ibv_wc.byte_len$offset();
  private static final long IMMEDIATE = ibv_wc.imm_data$offset();
  private static final long QP_NUMBER = ibv_wc.qp_num$offset();
  private static final long FLAGS = ibv_wc.wc_flags$offset();
  private static final long SOURCE_PAIR = ibv_wc.src_qp$offset();
  private static final long PKEY_INDEX = ibv_wc.pkey_index$offset();
  private static final long SOURCE_LID = ibv_wc.slid$offset();
  private static final long SERVICE_LEVEL = ibv_wc.sl$offset();
  private static final long PATH_BITS = ibv_wc.dlid_path_bits$offset();
  private static final ValueLayout.OfInt BIG_ENDIAN_INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

  private final CompletionQueue queue;
  private final CompletionSources sources;
  private final MemorySegment array = Arena.ofAuto().allocate(LENGTH * BYTES, 64);
  private int count;
  private int index = -1;
  private long offset;
  private long workId;
  private int statusCode;
  private @Nullable QueuePair pair;
  private long id;

  Completions(CompletionQueue queue) {
    this.queue = queue;
    this.sources = queue.sources();
  }

  MemorySegment array() {
    return array;
  }

  boolean hasUnread() {
    return index + 1 < count;
  }

  void refilled(int newCount) {
    count = newCount;
    index = -1;
  }

  /**
   * Whether the last poll took as many as fit: the device may have more.
   *
   * @return false if a poll now would only find what has completed since
   */
  public boolean mayHaveMore() {
    return count == LENGTH;
  }

  /**
   * Goes to the next completion.
   *
   * @return false if there is none left: poll again
   */
  public boolean next() {
    while (++index < count) {
      offset = index * BYTES;
      workId = array.get(ValueLayout.JAVA_LONG, offset + WR_ID);
      statusCode = array.get(ValueLayout.JAVA_INT, offset + STATUS);
      QueuePair found = sources.pair(array.get(ValueLayout.JAVA_INT, offset + QP_NUMBER));
      if (SharedSlots.owns(workId)) {
        if (completeShared() && found != null) {
          pair = found;
          return true;
        }
      } else if (found != null) {
        WorkRing ring = found.ring((workId & WorkRing.RECEIVE) != 0);
        if (statusCode != 0
            ? ring.completeFailed(workId)
            : ring.complete(workId) && (workId & WorkRing.QUIET) == 0) {
          pair = found;
          id = ring.completedId();
          return true;
        }
      }
    }
    index = count;
    pair = null;
    return false;
  }

  /** The slot comes back even if the queue pair that received the message is closed meanwhile. */
  private boolean completeShared() {
    SharedReceiveQueue shared = sources.shared(workId);
    if (shared == null || !shared.slots().complete(workId)) {
      return false;
    }
    id = shared.slots().id(workId);
    shared.slots().giveBack(workId);
    return true;
  }

  /**
   * Whether the request was carried out.
   *
   * @return true if {@link #status} is {@link WorkStatus#SUCCESS}
   */
  public boolean succeeded() {
    return statusCode == 0;
  }

  /**
   * How the request ended.
   *
   * @return the status
   */
  public WorkStatus status() {
    return WorkStatus.of(statusCode);
  }

  /**
   * The number that the caller gave to the request.
   *
   * @return all 64 bits of it
   */
  public long id() {
    return id;
  }

  /**
   * The length of the received message (with {@link #ROUTE_HEADER_BYTES} for a datagram), or of the
   * data read. Means nothing for sends and writes, and for a failed request.
   *
   * @return the length in bytes
   */
  public int byteCount() {
    return array.get(ValueLayout.JAVA_INT, offset + BYTE_LENGTH);
  }

  /**
   * What the request was; known for failed requests too.
   *
   * @return the kind
   */
  public WorkKind kind() {
    return (workId & WorkRing.RECEIVE) != 0
            && statusCode == 0
            && array.get(ValueLayout.JAVA_INT, offset + OPCODE) == Abi.WC_RECEIVE_WRITE_IMMEDIATE
        ? WorkKind.RECEIVE_WRITE
        : WorkRing.kind(workId);
  }

  /**
   * Whether the message came with immediate data.
   *
   * @return false for everything but successful receives
   */
  public boolean hasImmediate() {
    return statusCode == 0
        && (array.get(ValueLayout.JAVA_INT, offset + FLAGS) & Abi.WC_WITH_IMMEDIATE) != 0;
  }

  /**
   * The immediate data, as the peer passed them.
   *
   * @return 32 bits
   * @throws IllegalStateException if there are none, see {@link #hasImmediate}
   */
  public int immediate() {
    if (!hasImmediate()) {
      throw new IllegalStateException("this completion has no immediate data: ask hasImmediate()");
    }
    return array.get(BIG_ENDIAN_INT, offset + IMMEDIATE);
  }

  /**
   * When the adapter made the completion of a successful request.
   *
   * @return in the unit of the queue's {@link CompletionTimestamp}; nothing that means anything for
   *     a failed request
   * @throws IllegalStateException if the queue was created without timestamps, or {@link #next} has
   *     not gone to a completion
   */
  public long timestamp() {
    queuePair();
    return queue.timestamp(index);
  }

  /**
   * Whether the message has ended a memory window of this side.
   *
   * @return false for everything but successful receives
   */
  public boolean hasInvalidated() {
    return statusCode == 0
        && (array.get(ValueLayout.JAVA_INT, offset + FLAGS)
                & queue.context().traits().invalidateFlags())
            != 0;
  }

  /**
   * The key of the memory window that the message has ended.
   *
   * @return the key, see {@link MemoryWindow#invalidatedBy}
   * @throws IllegalStateException if there is none, see {@link #hasInvalidated}
   */
  public int invalidatedKey() {
    if (!hasInvalidated()) {
      throw new IllegalStateException("this completion ends no window: ask hasInvalidated()");
    }
    return array.get(ValueLayout.JAVA_INT, offset + IMMEDIATE);
  }

  /**
   * Whether a received datagram came with a global route header, in the first {@link
   * #ROUTE_HEADER_BYTES} of the receive.
   *
   * @return false for everything but successful receives
   */
  public boolean hasRouteHeader() {
    return statusCode == 0
        && (array.get(ValueLayout.JAVA_INT, offset + FLAGS) & Abi.WC_ROUTE_HEADER) != 0;
  }

  /**
   * The queue pair that sent a received datagram. Means nothing for all else.
   *
   * @return its number, 24 bits
   */
  public int sourcePairNumber() {
    return array.get(ValueLayout.JAVA_INT, offset + SOURCE_PAIR);
  }

  /**
   * The port that sent a received datagram. Means nothing for all else, and on Ethernet.
   *
   * @return its LID, 16 bits
   */
  public int sourceLid() {
    return array.get(ValueLayout.JAVA_SHORT, offset + SOURCE_LID) & 0xffff;
  }

  /**
   * The service level that a received datagram travelled with. Means nothing for all else.
   *
   * @return 0 to 15
   */
  public int serviceLevel() {
    return array.get(ValueLayout.JAVA_BYTE, offset + SERVICE_LEVEL) & 0xff;
  }

  /**
   * Which of the port's LIDs a received datagram was sent to. Means nothing for all else, and on
   * Ethernet.
   *
   * @return the low bits of the LID
   */
  public int pathBits() {
    return array.get(ValueLayout.JAVA_BYTE, offset + PATH_BITS) & 0xff;
  }

  /**
   * The partition that a received datagram came from. Means nothing for all else. Always 0 on a
   * queue with timestamps: the library has no call that would tell it there.
   *
   * @return the place in the port's table of partition keys
   */
  public int pkeyIndex() {
    return array.get(ValueLayout.JAVA_SHORT, offset + PKEY_INDEX) & 0xffff;
  }

  /**
   * The way back to whoever sent a received datagram, to make an {@link AddressHandle} of; see
   * {@code man ibv_init_ah_from_wc}. Asks the system: keep the handle if more is to be said.
   *
   * @param region where the datagram was received
   * @param start the first byte of the receive, where the route header is
   * @param port the port that it came in by, counted from 1
   * @return the way
   * @throws VerbsException if the route header makes no sense or is to an address that the port has
   *     no longer
   * @throws IllegalArgumentException if the bytes are outside of the region
   * @throws IllegalStateException if this is not a successful receive of a datagram, or the queue
   *     or the region is closed
   */
  public AddressVector sender(MemoryRegion region, long start, int port) throws VerbsException {
    if (statusCode != 0
        || (workId & WorkRing.RECEIVE) == 0
        || queuePair().type() != QueuePairType.DATAGRAM) {
      throw new IllegalStateException("only a datagram that was received has a sender");
    }
    region.check(region.domain(), start, ROUTE_HEADER_BYTES);
    return queue
        .context()
        .sender(
            array.asSlice(offset, BYTES), region.memory().asSlice(start, ROUTE_HEADER_BYTES), port);
  }

  /**
   * The queue pair that the request was posted to.
   *
   * @return the queue pair, perhaps closed meanwhile
   * @throws IllegalStateException if {@link #next} has not gone to a completion
   */
  public QueuePair queuePair() {
    QueuePair current = pair;
    if (current == null) {
      throw new IllegalStateException("there is no current completion: next() must return true");
    }
    return current;
  }

  /**
   * The number of {@link #queuePair}.
   *
   * @return 24 bits
   * @throws IllegalStateException if {@link #next} has not gone to a completion
   */
  public int queuePairNumber() {
    return queuePair().number();
  }

  /**
   * The failure as an exception.
   *
   * @return a new exception that names the request, its status and the likely cure
   * @throws IllegalStateException if the request succeeded
   */
  public VerbsException failure() {
    if (statusCode == 0) {
      throw new IllegalStateException("this request succeeded: ask succeeded() before failure()");
    }
    return VerbsException.of(
        status(),
        WorkRing.kind(workId) + " with id " + id + " of " + queuePair().description(),
        array.get(ValueLayout.JAVA_INT, offset + VENDOR_ERROR));
  }
}
