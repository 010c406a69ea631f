package io.verbena.verbs;

import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.ibv_send_wr;
import io.verbena.ffi.verbs.ibv_sge;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The native side of {@link SendBatch}: checks the arguments of a request, writes what differs from
 * one to the next into its slot, and posts the chain.
 */
abstract class SendChain extends WorkBatch {
  private static final long OPCODE = ibv_send_wr.opcode$offset();
  private static final long IMMEDIATE = ibv_send_wr.imm_data$offset();
  private static final long RDMA = ibv_send_wr.wr$offset() + ibv_send_wr.wr.rdma$offset();
  private static final long REMOTE_ADDRESS = RDMA + ibv_send_wr.wr.rdma.remote_addr$offset();
  private static final long RKEY = RDMA + ibv_send_wr.wr.rdma.rkey$offset();
  private static final long ATOMIC = ibv_send_wr.wr$offset() + ibv_send_wr.wr.atomic$offset();
  private static final long COMPARE_ADD = ATOMIC + ibv_send_wr.wr.atomic.compare_add$offset();
  private static final long SWAP = ATOMIC + ibv_send_wr.wr.atomic.swap$offset();
  private static final long ATOMIC_RKEY = ATOMIC + ibv_send_wr.wr.atomic.rkey$offset();

  /** Where the first element stands in a slot: as a constant it folds into the addresses. */
  private static final long ELEMENTS = ibv_send_wr.sizeof();

  /** Tells the compiler that addresses are small positive numbers: its range checks fold away. */
  private static final long ADDRESS_BITS = (1L << 62) - 1;

  /** Up to here, a loop is faster than {@code MemorySegment.copy}. */
  private static final int SHORT_COPY = 64;

  private final long function;
  private final long pairAddress;
  private final boolean critical;
  private final int inlineBytes;
  private final long inlineData;

  /** At the latest, every so many requests one is signaled: slots would never come back else. */
  private final int signalInterval;

  /** {@code IBV_SEND_*} of the next request. */
  int flags;

  private int sinceSignal;
  private int sinceSignalAtStart;

  SendChain(QueuePair pair, WorkRing ring, int elementCount, int inlineBytes) {
    super(pair, ring, ibv_send_wr.sizeof(), elementCount, inlineBytes);
    Context context = pair.domain().context();
    this.function = InlineVerbs.postSend(context.handle);
    this.pairAddress = pair.handle.address();
    this.critical = context.criticalPost();
    this.inlineBytes = inlineBytes;
    this.inlineData = elements + elementCount * ibv_sge.sizeof();
    this.signalInterval = Math.max(1, ring.depth() / 2);
  }

  @Override
  public void clear() {
    super.clear();
    flags = 0;
    sinceSignal = sinceSignalAtStart;
  }

  final boolean post() throws VerbsException {
    int count = size;
    if (overflow) {
      clear();
      return false;
    }
    if (count == 0) {
      return true;
    }
    enter();
    int result;
    try {
      terminate();
      ring.advance(count);
      result =
          critical
              ? InlineVerbs.postSendCritical(function, pairAddress, address, refusedAddress)
              : InlineVerbs.postSend(function, pairAddress, address, refusedAddress);
    } finally {
      exit();
    }
    size = 0;
    sinceSignalAtStart = sinceSignal;
    if (result != 0) {
      throw refusedSend(count, result);
    }
    return true;
  }

  private VerbsException refusedSend(int count, int result) {
    // Which of the posted ones are signaled is lost: signal the next.
    sinceSignal = signalInterval;
    sinceSignalAtStart = sinceSignal;
    return refused("ibv_post_send", count, result);
  }

  /** Adds a send or a write; the slot, FULL if there is no room. */
  final long message(long id, int opcode, MemoryRegion region, long offset, int length) {
    int options = takeFlags();
    region.check(domain, offset, length);
    long slot;
    if ((options & Abi.SEND_INLINE) == 0) {
      slot = request(id, opcode, options, length);
      if (slot != FULL) {
        element(slot, region.address() + offset, length, region.lkey());
      }
    } else {
      if (length > inlineBytes) {
        throw tooLongForInline(length);
      }
      slot = request(id, opcode, options, length);
      if (slot != FULL) {
        // The library would read the bytes without knowing whether they are still there.
        copyInline(region.memory(), offset, slot + inlineData, length);
        element(slot, slot + inlineData, length, 0);
      }
    }
    return slot;
  }

  private IllegalArgumentException tooLongForInline(int length) {
    return new IllegalArgumentException(
        length
            + " bytes are too many for inline(): "
            + pair.description()
            + " takes "
            + inlineBytes
            + ", ask for more with withInlineBytes()");
  }

  /** Copies with the check that the source is still there, which a plain address would not have. */
  private void copyInline(MemorySegment source, long offset, long target, int length) {
    if (length < Long.BYTES || length > SHORT_COPY) {
      MemorySegment.copy(source, offset, slots, target - address, length);
      return;
    }
    int last = length - Long.BYTES;
    for (int i = 0; i < last; i += Long.BYTES) {
      InlineVerbs.putLong(target + i, source.get(ValueLayout.JAVA_LONG_UNALIGNED, offset + i));
    }
    // The last 8 bytes overlap with those before, if the length is not a multiple of 8.
    InlineVerbs.putLong(target + last, source.get(ValueLayout.JAVA_LONG_UNALIGNED, offset + last));
  }

  /** Adds a read or an atomic; the slot, FULL if there is no room. */
  final long fetch(long id, int opcode, MemoryRegion region, long offset, int length) {
    int options = takeFlags();
    region.checkWritable(domain, offset, length);
    if ((options & Abi.SEND_INLINE) != 0) {
      throw new IllegalArgumentException(
          "inline() is for sends and writes: a read or an atomic sends no bytes");
    }
    long slot = request(id, opcode, options, length);
    if (slot != FULL) {
      element(slot, region.address() + offset, length, region.lkey());
    }
    return slot;
  }

  /** Adds an atomic without its operands; the slot, FULL if there is no room. */
  final long atomic(
      long id, int opcode, MemoryRegion region, long offset, long remoteAddress, int rkey) {
    if ((remoteAddress & 7) != 0) {
      throw new IllegalArgumentException(
          "an atomic needs a remote address that is a multiple of 8, not 0x"
              + Long.toHexString(remoteAddress));
    }
    long slot = fetch(id, opcode, region, offset, Long.BYTES);
    if (slot != FULL) {
      InlineVerbs.putLong(slot + REMOTE_ADDRESS, remoteAddress);
      InlineVerbs.putInt(slot + ATOMIC_RKEY, rkey);
    }
    return slot;
  }

  final void remote(long slot, long remoteAddress, int rkey) {
    InlineVerbs.putLong(slot + REMOTE_ADDRESS, remoteAddress);
    InlineVerbs.putInt(slot + RKEY, rkey);
  }

  final void immediate(long slot, int value) {
    InlineVerbs.putInt(slot + IMMEDIATE, Integer.reverseBytes(value));
  }

  final void operands(long slot, long compareOrAdd, long swap) {
    InlineVerbs.putLong(slot + COMPARE_ADD, compareOrAdd);
    InlineVerbs.putLong(slot + SWAP, swap);
  }

  private int takeFlags() {
    int options = flags;
    flags = 0;
    return options;
  }

  /** Writes what every request has. */
  private long request(long id, int opcode, int options, int length) {
    // Read once and held against the array: whatever a second thread does to the batch or to the
    // ring, what follows writes without a check and must stay inside.
    int place = size;
    if (place > last || !hasRoom(place)) {
      return FULL;
    }
    long bits = opcode;
    int wireFlags = options;
    if ((options & Abi.SEND_SIGNALED) != 0) {
      sinceSignal = 0;
    } else if (++sinceSignal >= signalInterval) {
      wireFlags |= Abi.SEND_SIGNALED;
      bits |= WorkRing.QUIET;
      sinceSignal = 0;
    }
    long slot = (address + place * stride) & ADDRESS_BITS;
    InlineVerbs.putLong(slot + WR_ID, ring.assign(place, id, bits));
    // An element of length 0 means 2 GiB to some devices: an empty message has no elements.
    InlineVerbs.putInt(slot + NUM_SGE, length == 0 ? 0 : 1);
    // Opcode and flags are neighbours. One store for both: compilers turn a copy of both into one
    // load, and a load that spans two stores waits until these have reached the cache. A test
    // checks the neighbourhood; that the low half comes first is so on all platforms of ours.
    InlineVerbs.putLong(slot + OPCODE, Integer.toUnsignedLong(opcode) | (long) wireFlags << 32);
    size = place + 1;
    return slot;
  }

  private void element(long slot, long where, int length, int lkey) {
    long element = slot + ELEMENTS;
    InlineVerbs.putLong(element + SGE_ADDRESS, where);
    InlineVerbs.putLong(element + SGE_LENGTH, Integer.toUnsignedLong(length) | (long) lkey << 32);
  }

  @Override
  String description() {
    return "the send queue of " + pair.description();
  }
}
