package io.verbena.verbs;

import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.ibv_send_wr;
import io.verbena.ffi.verbs.ibv_sge;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The native side of {@link SendBatch}: checks the arguments of a request, writes what differs from
 * one to the next into its slot, and posts the chain.
 */
abstract class SendChain extends WorkBatch {
  private static final long OPCODE = ibv_send_wr.opcode$offset();
  private static final long SEND_FLAGS = ibv_send_wr.send_flags$offset();
  private static final long IMMEDIATE = ibv_send_wr.imm_data$offset();
  private static final long RDMA = ibv_send_wr.wr$offset() + ibv_send_wr.wr.rdma$offset();
  private static final long REMOTE_ADDRESS = RDMA + ibv_send_wr.wr.rdma.remote_addr$offset();
  private static final long RKEY = RDMA + ibv_send_wr.wr.rdma.rkey$offset();
  private static final long ATOMIC = ibv_send_wr.wr$offset() + ibv_send_wr.wr.atomic$offset();
  private static final long COMPARE_ADD = ATOMIC + ibv_send_wr.wr.atomic.compare_add$offset();
  private static final long SWAP = ATOMIC + ibv_send_wr.wr.atomic.swap$offset();
  private static final long ATOMIC_RKEY = ATOMIC + ibv_send_wr.wr.atomic.rkey$offset();
  private static final long DATAGRAM_WR = ibv_send_wr.wr$offset() + ibv_send_wr.wr.ud$offset();
  private static final long HANDLE = DATAGRAM_WR + ibv_send_wr.wr.ud.ah$offset();
  private static final long PEER_NUMBER = DATAGRAM_WR + ibv_send_wr.wr.ud.remote_qpn$offset();
  private static final long QUEUE_KEY = DATAGRAM_WR + ibv_send_wr.wr.ud.remote_qkey$offset();

  /** In {@link #flags}: the queue pair sends datagrams. */
  private static final int DATAGRAM = 1 << 16;

  /** In {@link #flags}: there is a destination for the next request. */
  private static final int ADDRESSED = 1 << 17;

  /** In {@link #flags}: the queue pair has neither reads nor atomics. */
  private static final int FETCHLESS = 1 << 18;

  private static final int WIRE_FLAGS = 0xffff;

  /** Where the first element stands in a slot: as a constant it folds into the addresses. */
  private static final long ELEMENTS = ibv_send_wr.sizeof();

  /** Tells the compiler that addresses are small positive numbers: its range checks fold away. */
  private static final long ADDRESS_BITS = (1L << 62) - 1;

  /** Up to here, a loop is faster than {@code MemorySegment.copy}. */
  private static final int SHORT_COPY = 64;

  /** The owner and the slots as what they are: nothing virtual on the way. */
  private final QueuePair pair;

  private final WorkRing sendRing;
  private final long function;
  private final long pairAddress;
  private final boolean critical;
  private final int inlineBytes;
  private final long inlineData;

  /** At the latest, every so many requests one is signaled: slots would never come back else. */
  private final int signalInterval;

  /** {@code IBV_SEND_*} of the next request, and in the upper half what only we know. */
  int flags;

  /** Where {@link #flags} starts from for each request. */
  private final int typeFlags;

  /** The longest message of a datagram queue pair: the port's MTU, once it is known. */
  int longestDatagram = Integer.MAX_VALUE;

  private @Nullable AddressHandle destination;
  private int destinationPair;
  private int destinationKey;

  private final References references = new References();

  /** Requests until one is signaled unasked; at most 0 if the next is. */
  private int untilSignal;

  /**
   * How many requests the batch may have, as far as is known: the queue may have more room
   * meanwhile. Never more than there are slots, whatever a second thread does to the batch.
   */
  private int room;

  SendChain(QueuePair pair, WorkRing ring, int elementCount, int inlineBytes) {
    super(pair, pair.domain(), ring, ibv_send_wr.sizeof(), elementCount, inlineBytes);
    this.pair = pair;
    this.sendRing = ring;
    Context context = pair.domain().context();
    this.function = InlineVerbs.postSend(context.handle);
    this.pairAddress = pair.handle.address();
    this.critical = context.criticalPost();
    this.inlineBytes = inlineBytes;
    this.inlineData = elements + elementCount * ibv_sge.sizeof();
    this.signalInterval = Math.max(1, ring.depth() / 2);
    this.untilSignal = signalInterval;
    this.typeFlags =
        switch (pair.type()) {
          case RELIABLE -> 0;
          case UNRELIABLE -> FETCHLESS;
          case DATAGRAM -> FETCHLESS | DATAGRAM;
        };
    this.flags = typeFlags;
  }

  @Override
  public void clear() {
    super.clear();
    flags = typeFlags;
    references.clear();
    // Which of the posted ones are signaled is not known any more.
    untilSignal = 0;
  }

  final boolean post() throws VerbsException {
    int count = size;
    if (state != 0) {
      return postUnusual(count);
    }
    if (count == 0) {
      return true;
    }
    enter();
    int result;
    try {
      result = ringDoorbell(count);
    } finally {
      exit();
    }
    size = 0;
    if (result != 0) {
      throw refusedSend(count, result);
    }
    return true;
  }

  private int ringDoorbell(int count) {
    terminate();
    sendRing.advance(count);
    room -= count;
    return critical
        ? InlineVerbs.postSendCritical(function, pairAddress, address, refusedAddress)
        : InlineVerbs.postSend(function, pairAddress, address, refusedAddress);
  }

  private boolean postUnusual(int count) throws VerbsException {
    if ((state & OVERFLOW) != 0) {
      clear();
      return false;
    }
    enter();
    int result;
    boolean posted = false;
    try {
      references.requireOpen();
      result = ringDoorbell(count);
      posted = true;
    } finally {
      exit();
      if (!posted) {
        clear();
      }
    }
    size = 0;
    state = 0;
    references.clear();
    if (result != 0) {
      throw refusedSend(count, result);
    }
    return true;
  }

  /** The destination of the next request. */
  final void destination(AddressHandle handle, int number, int queueKey) {
    if ((typeFlags & DATAGRAM) == 0) {
      throw new IllegalStateException(
          pair.description()
              + " is "
              + pair.type()
              + " and sends to the peer that it is connected to: to() is for DATAGRAM");
    }
    if (handle.domain() != domain) {
      throw new IllegalArgumentException(
          handle.description() + " belongs to another protection domain than the queue pair");
    }
    if (handle.isClosed()) {
      throw handle.closed();
    }
    if ((number & 0xff000000) != 0) {
      throw new IllegalArgumentException("a queue pair number has 24 bits, unlike " + number);
    }
    destination = handle;
    destinationPair = number;
    destinationKey = queueKey;
    flags |= ADDRESSED;
  }

  private VerbsException refusedSend(int count, int result) {
    untilSignal = 0;
    return refused("ibv_post_send", count, result);
  }

  /** Adds a send or a write; the slot, FULL if there is no room. */
  final long message(long id, int opcode, MemoryRegion region, long offset, int length) {
    int options = takeFlags();
    region.check(domain, offset, length);
    if ((options & (Abi.SEND_INLINE | DATAGRAM)) == 0) {
      long slot = request(id, opcode, options, length);
      if (slot != FULL) {
        element(slot, region.address() + offset, length, region.lkey());
      }
      return slot;
    }
    if ((options & DATAGRAM) == 0) {
      return inlineMessage(id, opcode, options, region, offset, length);
    }
    return datagram(id, opcode, options, region, offset, length);
  }

  private long inlineMessage(
      long id, int opcode, int options, MemoryRegion region, long offset, int length) {
    if (length > inlineBytes) {
      throw tooLongForInline(length);
    }
    long slot = request(id, opcode, options, length);
    if (slot != FULL) {
      // The library would read the bytes without knowing whether they are still there.
      copyInline(region.memory(), offset, slot + inlineData, length);
      element(slot, slot + inlineData, length, 0);
    }
    return slot;
  }

  private long datagram(
      long id, int opcode, int options, MemoryRegion region, long offset, int length) {
    AddressHandle handle = destination;
    destination = null;
    if (opcode != Abi.WR_SEND && opcode != Abi.WR_SEND_IMMEDIATE) {
      throw notForDatagrams();
    }
    if ((options & ADDRESSED) == 0 || handle == null) {
      throw new IllegalStateException(
          "a datagram needs a destination: put to(handle, number, queueKey) before the send");
    }
    if (length > longestDatagram) {
      throw tooLongForDatagram(length);
    }
    int wireFlags = options & WIRE_FLAGS;
    long slot;
    if ((wireFlags & Abi.SEND_INLINE) != 0) {
      slot = inlineMessage(id, opcode, wireFlags, region, offset, length);
    } else {
      slot = request(id, opcode, wireFlags, length);
      if (slot != FULL) {
        element(slot, region.address() + offset, length, region.lkey());
      }
    }
    if (slot != FULL) {
      InlineVerbs.putLong(slot + HANDLE, handle.address);
      InlineVerbs.putInt(slot + PEER_NUMBER, destinationPair);
      InlineVerbs.putInt(slot + QUEUE_KEY, destinationKey);
      references.add(handle);
      state |= REFERS;
    }
    return slot;
  }

  private IllegalStateException notForDatagrams() {
    return new IllegalStateException(
        pair.description() + " is DATAGRAM, which sends only: use a RELIABLE one");
  }

  private IllegalArgumentException tooLongForDatagram(long length) {
    return new IllegalArgumentException(
        length
            + " bytes are too many for a datagram: the port's MTU is "
            + longestDatagram
            + ", divide the message or use a connection");
  }

  /** Adds bytes to the request that was added last. */
  final void continueMessage(MemoryRegion region, long offset, int length) {
    region.check(domain, offset, length);
    long slot = lastSlot();
    if (slot < 0) {
      return;
    }
    int opcode = slots.get(ValueLayout.JAVA_INT, slot + OPCODE);
    switch (opcode) {
      case Abi.WR_SEND, Abi.WR_SEND_IMMEDIATE, Abi.WR_WRITE, Abi.WR_WRITE_IMMEDIATE -> {}
      case Abi.WR_READ -> region.checkWritable(domain, offset, length);
      default ->
          throw new IllegalStateException("only sends, writes and reads take several pieces");
    }
    if (length == 0) {
      return;
    }
    long before = messageLength(slot);
    if (before + length > longestDatagram) {
      throw tooLongForDatagram(before + length);
    }
    int wireFlags = slots.get(ValueLayout.JAVA_INT, slot + SEND_FLAGS);
    if ((wireFlags & Abi.SEND_INLINE) == 0) {
      appendElement(slot, region.address() + offset, length, region.lkey());
      return;
    }
    if (before + length > inlineBytes) {
      throw tooLongForInline(before + length);
    }
    // The copies stand one behind the other: one element for all.
    copyInline(region.memory(), offset, address + slot + inlineData + before, length);
    element(address + slot, address + slot + inlineData, (int) before + length, 0);
    slots.set(ValueLayout.JAVA_INT, slot + NUM_SGE, 1);
  }

  private long messageLength(long slot) {
    long sum = 0;
    int count = slots.get(ValueLayout.JAVA_INT, slot + NUM_SGE);
    for (int i = 0; i < count; i++) {
      sum += slots.get(ValueLayout.JAVA_INT, slot + elements + i * ibv_sge.sizeof() + SGE_LENGTH);
    }
    return sum;
  }

  private IllegalArgumentException tooLongForInline(long length) {
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
    if ((options & (Abi.SEND_INLINE | FETCHLESS)) != 0) {
      throw misusedFetch(options);
    }
    long slot = request(id, opcode, options, length);
    if (slot != FULL) {
      element(slot, region.address() + offset, length, region.lkey());
    }
    return slot;
  }

  private RuntimeException misusedFetch(int options) {
    return (options & FETCHLESS) != 0
        ? new IllegalStateException(
            pair.description()
                + " is "
                + pair.type()
                + ", which has neither reads nor atomics: use a RELIABLE one")
        : new IllegalArgumentException(
            "inline() is for sends and writes: a read or an atomic sends no bytes");
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
    flags = typeFlags;
    return options;
  }

  /** Writes what every request has. */
  private long request(long id, int opcode, int options, int length) {
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
