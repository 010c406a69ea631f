package io.verbena.verbs;

import io.verbena.ffi.ExtendedVerbs;
import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.ibv_mw_bind;
import io.verbena.ffi.verbs.ibv_send_wr;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a send queue and the posting of them; what a request says is written by {@link
 * SendChain}.
 */
abstract class SendQueue extends WorkBatch {
  static final long OPCODE = ibv_send_wr.opcode$offset();

  /** In {@link #flags}: the queue pair sends datagrams. */
  static final int DATAGRAM = 1 << 16;

  /** In {@link #flags}: there is a destination for the next request. */
  static final int ADDRESSED = 1 << 17;

  /** In {@link #flags}: the queue pair has neither reads nor atomics. */
  static final int FETCHLESS = 1 << 18;

  /** In {@link #flags}: the queue pair's requests name a shared receive queue of the peer. */
  static final int XRC = 1 << 19;

  static final int WIRE_FLAGS = 0xffff;

  /** Where the first element stands in a slot: as a constant it folds into the addresses. */
  private static final long ELEMENTS = ibv_send_wr.sizeof();

  /** Tells the compiler that addresses are small positive numbers: its range checks fold away. */
  private static final long ADDRESS_BITS = (1L << 62) - 1;

  /** The owner and the slots as what they are: nothing virtual on the way. */
  final QueuePair pair;

  final WorkRing sendRing;
  private final MemorySegment function;
  private final long pairAddress;
  private final boolean critical;
  private final @Nullable ExtendedPoster extended;

  /** At the latest, every so many requests one is signaled: slots would never come back else. */
  private final int signalInterval;

  /** {@code IBV_SEND_*} of the next request, and in the upper half what only we know. */
  int flags;

  /** Where {@link #flags} starts from for each request. */
  final int typeFlags;

  final References references = new References();

  final WindowChanges changes = new WindowChanges();

  /** Requests until one is signaled unasked; at most 0 if the next is. */
  private int untilSignal;

  /** What {@link #untilSignal} was behind the last request that was posted. */
  private int untilSignalWhenPosted;

  /**
   * How many requests the batch may have, as far as is known: the queue may have more room
   * meanwhile. Never more than there are slots, whatever a second thread does to the batch.
   */
  private int room;

  SendQueue(QueuePair pair, WorkRing ring, int elementCount, int inlineBytes) {
    super(pair, pair.domain(), ring, ibv_send_wr.sizeof(), elementCount, inlineBytes);
    this.pair = pair;
    this.sendRing = ring;
    Context context = pair.domain().context();
    this.function = InlineVerbs.postSend(context.handle);
    this.pairAddress = pair.handle.address();
    this.extended =
        pair.isExtended() ? new ExtendedPoster(pair.handle, pair.type(), slots, stride) : null;
    this.critical = context.traits().criticalSend() && extended == null;
    this.signalInterval = Math.max(1, ring.depth() / 2);
    this.untilSignal = signalInterval;
    this.untilSignalWhenPosted = signalInterval;
    this.typeFlags =
        switch (pair.type()) {
          case RELIABLE -> 0;
          case UNRELIABLE -> FETCHLESS;
          case DATAGRAM -> FETCHLESS | DATAGRAM;
          case XRC_SEND, XRC_RECEIVE -> XRC;
        };
    this.flags = typeFlags;
  }

  @Override
  public void clear() {
    super.clear();
    flags = typeFlags;
    references.clear();
    changes.clear();
    // Which of the posted ones are signaled is not known any more.
    untilSignal = 0;
  }

  final boolean post() throws VerbsException {
    int count;
    int result;
    enter();
    try {
      // Not before: a second thread, which breaks the rules, may have posted the same slots.
      count = size;
      if (state != 0) {
        return postUnusual(count);
      }
      if (count == 0) {
        return true;
      }
      result = ringDoorbell(count);
      size = 0;
    } finally {
      exit();
    }
    if (result != 0) {
      throw refusedSend(count, refusedPlace(count), result);
    }
    untilSignalWhenPosted = untilSignal;
    return true;
  }

  private int ringDoorbell(int count) {
    terminate(count);
    sendRing.advance(count);
    room -= count;
    if (critical) {
      return InlineVerbs.postSendCritical(function, pairAddress, address, refusedAddress);
    }
    return extended == null
        ? InlineVerbs.postSend(function, pairAddress, address, refusedAddress)
        : extended.post(count);
  }

  /** Called inside the guard. */
  private boolean postUnusual(int count) throws VerbsException {
    if ((state & OVERFLOW) != 0) {
      clear();
      requireSignaled();
      return false;
    }
    if (count == 0) {
      // Another thread has posted it meanwhile, against the rules.
      clear();
      return true;
    }
    int result;
    int place;
    boolean posted = false;
    try {
      references.requireOpen();
      if (changes.isEmpty()) {
        result = ringDoorbell(count);
        posted = true;
        place = result == 0 ? count : refusedPlace(count);
      } else {
        synchronized (domain.windows()) {
          changes.arm(pair, address, stride);
          long first = sendRing.nextSequence();
          result = ringDoorbell(count);
          posted = true;
          place = result == 0 ? count : refusedPlace(count);
          changes.disarm(address, stride);
          changes.posted(pair, first, acceptedBefore(place, count));
        }
      }
    } finally {
      if (!posted) {
        changes.disarm(address, stride);
        clear();
      }
    }
    size = 0;
    state = 0;
    references.clear();
    if (result != 0) {
      throw refusedSend(count, place, result);
    }
    untilSignalWhenPosted = untilSignal;
    return true;
  }

  /** How many requests the device has, or may have. */
  private int acceptedBefore(int place, int count) {
    if (place >= 0) {
      return place;
    }
    return extended == null ? count : 0;
  }

  /** If no request that is outstanding is signaled, waiting for room is in vain. */
  private void requireSignaled() {
    int outstanding = sendRing.outstanding();
    boolean withheld = sendRing.free() + outstanding < sendRing.depth();
    if (!withheld && outstanding > 0 && outstanding <= signalInterval - untilSignalWhenPosted) {
      throw new IllegalStateException(
          "the batch was dropped, and will never fit: none of the "
              + outstanding
              + " requests that are outstanding is signaled. Before a batch of more than "
              + (sendRing.depth() - signalInterval + 1)
              + " on "
              + pair.description()
              + ", make the last request signaled; or divide the batch");
    }
  }

  /**
   * Binds a window of type 1, or ends its binding, which is a call of its own but takes a slot of
   * this queue.
   */
  final boolean postBind(
      long id, MemoryWindow window, MemoryRegion region, MemorySegment bind, boolean binding)
      throws VerbsException {
    if (size != 0 || state != 0) {
      throw new IllegalStateException("submit the batch first: the binding would overtake it");
    }
    enter();
    int result;
    try {
      window.requireOpen();
      region.requireOpen();
      if (room < 1 && !findRoom(0)) {
        state = 0;
        return false;
      }
      ibv_mw_bind.wr_id(bind, sendRing.assign(0, id, Abi.WR_BIND_WINDOW));
      ibv_mw_bind.send_flags(bind, Abi.SEND_SIGNALED);
      long request = sendRing.nextSequence();
      sendRing.advance(1);
      room--;
      result = ExtendedVerbs.bindMw(domain.context().handle, pair.handle, window.handle, bind);
      if (result == 0) {
        window.posted(pair, request, binding ? region : null);
      } else {
        sendRing.retreat(1);
      }
    } finally {
      exit();
    }
    if (result != 0) {
      throw VerbsException.of(
          "ibv_bind_mw", window.description() + ", " + region.description(), Math.abs(result));
    }
    untilSignal = signalInterval;
    untilSignalWhenPosted = signalInterval;
    return true;
  }

  private VerbsException refusedSend(int count, int place, int result) {
    untilSignal = 0;
    untilSignalWhenPosted = signalInterval;
    if (extended != null) {
      // All or nothing.
      return refused("ibv_wr_complete", count, 0, result);
    }
    return place < 0
        ? refusedUnnamed("ibv_post_send", count, result)
        : refused("ibv_post_send", count, place, result);
  }

  @Override
  final IllegalStateException closed() {
    return pair.isOpen() && !pair.isSending()
        ? new IllegalStateException(
            pair.description()
                + " is not ready to send: connect the queue pair first; the batch stays as it is")
        : super.closed();
  }

  final int takeFlags() {
    int options = flags;
    flags = typeFlags;
    return options;
  }

  /** Writes what every request has. */
  final long request(long id, int opcode, int options, int length) {
    // Read once and held against the array: whatever a second thread does to the batch or to the
    // ring, what follows writes without a check and must stay inside.
    int place = size;
    if (place >= room && !findRoom(place)) {
      return FULL;
    }
    long bits = opcode;
    int wireFlags = options & WIRE_FLAGS;
    if ((options & Abi.SEND_SIGNALED) != 0) {
      untilSignal = signalInterval;
    } else if (--untilSignal <= 0) {
      wireFlags |= Abi.SEND_SIGNALED;
      bits |= WorkRing.QUIET;
      untilSignal = signalInterval;
    }
    long slot = (address + place * stride) & ADDRESS_BITS;
    InlineVerbs.putLong(slot + WR_ID, sendRing.assign(place, id, bits));
    // An element of length 0 means 2 GiB to some devices: an empty message has no elements.
    InlineVerbs.putInt(slot + NUM_SGE, length == 0 ? 0 : 1);
    // Opcode and flags are neighbours. One store for both: compilers turn a copy of both into one
    // load, and a load that spans two stores waits until these have reached the cache. A test
    // checks the neighbourhood; that the low half comes first is so on all platforms of ours.
    InlineVerbs.putLong(slot + OPCODE, Integer.toUnsignedLong(opcode) | (long) wireFlags << 32);
    size = place + 1;
    return slot;
  }

  /** Looks at what has completed; if there is no room yet, the batch as a whole is not posted. */
  private boolean findRoom(int place) {
    int found = Math.min(last + 1, sendRing.free());
    room = found;
    if (place < found) {
      return true;
    }
    state |= OVERFLOW;
    return false;
  }

  final void element(long slot, long where, int length, int lkey) {
    long element = slot + ELEMENTS;
    InlineVerbs.putLong(element + SGE_ADDRESS, where);
    InlineVerbs.putLong(element + SGE_LENGTH, Integer.toUnsignedLong(length) | (long) lkey << 32);
  }

  @Override
  String description() {
    return "the send queue of " + pair.description();
  }
}
