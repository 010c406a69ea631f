package io.verbena.verbs;

import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.ibv_mw_bind_info;
import io.verbena.ffi.verbs.ibv_send_wr;
import io.verbena.ffi.verbs.ibv_sge;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The native side of {@link SendBatch}: checks the arguments of a request and writes what differs
 * from one to the next into its slot.
 */
abstract class SendChain extends SendQueue {
  private static final long SEND_FLAGS = ibv_send_wr.send_flags$offset();
  static final long IMMEDIATE = ibv_send_wr.imm_data$offset();
  private static final long RDMA = ibv_send_wr.wr$offset() + ibv_send_wr.wr.rdma$offset();
  private static final long REMOTE_ADDRESS = RDMA + ibv_send_wr.wr.rdma.remote_addr$offset();
  private static final long RKEY = RDMA + ibv_send_wr.wr.rdma.rkey$offset();
  private static final long ATOMIC = ibv_send_wr.wr$offset() + ibv_send_wr.wr.atomic$offset();
  private static final long COMPARE_ADD = ATOMIC + ibv_send_wr.wr.atomic.compare_add$offset();
  private static final long SWAP = ATOMIC + ibv_send_wr.wr.atomic.swap$offset();
  private static final long ATOMIC_RKEY = ATOMIC + ibv_send_wr.wr.atomic.rkey$offset();
  static final long SHARED_NUMBER =
      ibv_send_wr.qp_type$offset()
          + ibv_send_wr.qp_type.xrc$offset()
          + ibv_send_wr.qp_type.xrc.remote_srqn$offset();
  private static final long BIND = ibv_send_wr.bind_mw$offset();
  private static final long WINDOW = BIND + ibv_send_wr.bind_mw.mw$offset();
  private static final long WINDOW_KEY = BIND + ibv_send_wr.bind_mw.rkey$offset();
  private static final long BIND_INFO = BIND + ibv_send_wr.bind_mw.bind_info$offset();
  private static final long BIND_REGION = BIND_INFO + ibv_mw_bind_info.mr$offset();
  private static final long BIND_ADDRESS = BIND_INFO + ibv_mw_bind_info.addr$offset();
  private static final long BIND_LENGTH = BIND_INFO + ibv_mw_bind_info.length$offset();
  private static final long BIND_ACCESS = BIND_INFO + ibv_mw_bind_info.mw_access_flags$offset();
  private static final long DATAGRAM_WR = ibv_send_wr.wr$offset() + ibv_send_wr.wr.ud$offset();
  private static final long HANDLE = DATAGRAM_WR + ibv_send_wr.wr.ud.ah$offset();
  private static final long PEER_NUMBER = DATAGRAM_WR + ibv_send_wr.wr.ud.remote_qpn$offset();
  private static final long QUEUE_KEY = DATAGRAM_WR + ibv_send_wr.wr.ud.remote_qkey$offset();

  /** Up to here, a loop is faster than {@code MemorySegment.copy}. */
  private static final int SHORT_COPY = 64;

  private final int inlineBytes;
  private final long inlineData;

  /** The longest message of a datagram queue pair: the port's MTU, once it is known. */
  int longestDatagram = Integer.MAX_VALUE;

  private @Nullable AddressHandle destination;
  private int destinationPair;
  private int destinationKey;
  private int destinationShared;

  SendChain(QueuePair pair, WorkRing ring, int elementCount, int inlineBytes) {
    super(pair, ring, elementCount, inlineBytes);
    this.inlineBytes = inlineBytes;
    this.inlineData = elements + elementCount * ibv_sge.sizeof();
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

  /** The shared receive queue of the next request. */
  final void sharedDestination(int number) {
    if ((typeFlags & XRC) == 0) {
      throw new IllegalStateException(
          pair.description() + " is " + pair.type() + ": toShared() is for XRC_SEND");
    }
    if ((number & 0xff000000) != 0) {
      throw new IllegalArgumentException(
          "the number of a shared receive queue has 24 bits, unlike " + number);
    }
    destinationShared = number;
    flags |= ADDRESSED;
  }

  /** Adds a send or a write; the slot, FULL if there is no room. */
  final long message(long id, int opcode, MemoryRegion region, long offset, int length) {
    int options = takeFlags();
    region.check(domain, offset, length);
    if ((options & (Abi.SEND_INLINE | DATAGRAM | XRC)) == 0) {
      long slot = request(id, opcode, options, length);
      if (slot != FULL) {
        element(slot, region.address() + offset, length, region.lkey());
      }
      return slot;
    }
    if ((options & DATAGRAM) != 0) {
      return datagram(id, opcode, options, region, offset, length);
    }
    return (options & XRC) == 0
        ? inlineMessage(id, opcode, options, region, offset, length)
        : sharedMessage(id, opcode, options, region, offset, length);
  }

  private long sharedMessage(
      long id, int opcode, int options, MemoryRegion region, long offset, int length) {
    requireShared(options);
    long slot = copiedOrNot(id, opcode, options, region, offset, length);
    if (slot != FULL) {
      InlineVerbs.putInt(slot + SHARED_NUMBER, destinationShared);
    }
    return slot;
  }

  private static void requireShared(int options) {
    if ((options & ADDRESSED) == 0) {
      throw new IllegalStateException(
          "a request of XRC_SEND needs a shared receive queue of the peer: put toShared(number)"
              + " before it");
    }
  }

  private long copiedOrNot(
      long id, int opcode, int options, MemoryRegion region, long offset, int length) {
    if ((options & Abi.SEND_INLINE) != 0) {
      return inlineMessage(id, opcode, options, region, offset, length);
    }
    long slot = request(id, opcode, options, length);
    if (slot != FULL) {
      element(slot, region.address() + offset, length, region.lkey());
    }
    return slot;
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
    long slot = copiedOrNot(id, opcode, options, region, offset, length);
    if (slot != FULL) {
      InlineVerbs.putLong(slot + HANDLE, handle.address);
      InlineVerbs.putInt(slot + PEER_NUMBER, destinationPair);
      InlineVerbs.putInt(slot + QUEUE_KEY, destinationKey);
      references.add(handle);
      state |= REFERS;
    }
    return slot;
  }

  /** Adds the binding of a window of type 2. */
  final void bindSlot(
      long id, MemoryWindow window, MemoryRegion region, long offset, long length, int access) {
    int options = takeFlags();
    if ((options & DATAGRAM) != 0) {
      throw notForDatagrams();
    }
    if (window.type() != MemoryWindowType.TYPE_2) {
      throw new IllegalStateException(
          "a window of type 1 is not bound in a batch: call MemoryWindow.bind()");
    }
    window.check(domain, region, offset, length, access);
    long slot = request(id, Abi.WR_INVALIDATE, options & ~Abi.SEND_INLINE, 0);
    if (slot != FULL) {
      // Some providers refuse a binding with what an earlier request has left in the immediate.
      WindowChanges.disarm(slot);
      long workId = slots.get(ValueLayout.JAVA_LONG, slot - address + WR_ID);
      InlineVerbs.putLong(slot + WR_ID, WorkRing.withKind(workId, Abi.WR_BIND_WINDOW));
      InlineVerbs.putLong(slot + WINDOW, window.handle.address());
      InlineVerbs.putInt(slot + WINDOW_KEY, window.nextKey());
      InlineVerbs.putLong(slot + BIND_REGION, region.handle.address());
      InlineVerbs.putLong(slot + BIND_ADDRESS, region.address() + offset);
      InlineVerbs.putLong(slot + BIND_LENGTH, length);
      InlineVerbs.putInt(slot + BIND_ACCESS, access);
      references.add(window);
      references.add(region);
      changes.add(window, place(slot), region);
      state |= REFERS;
    }
  }

  /** Adds the end of a window of type 2. */
  final void invalidateSlot(long id, MemoryWindow window) {
    int options = takeFlags();
    if ((options & DATAGRAM) != 0) {
      throw notForDatagrams();
    }
    window.checkInvalidatable(domain, pair, changes);
    long slot = request(id, Abi.WR_INVALIDATE, options & ~Abi.SEND_INLINE, 0);
    if (slot != FULL) {
      WindowChanges.disarm(slot);
      references.add(window);
      changes.add(window, place(slot), null);
      state |= REFERS;
    }
  }

  /** From the slot, not from the size, which a second thread may have changed meanwhile. */
  private int place(long slot) {
    return (int) ((slot - address) / stride);
  }

  final void invalidated(long slot, int rkey) {
    InlineVerbs.putInt(slot + IMMEDIATE, rkey);
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
      case Abi.WR_SEND,
          Abi.WR_SEND_IMMEDIATE,
          Abi.WR_SEND_INVALIDATE,
          Abi.WR_WRITE,
          Abi.WR_WRITE_IMMEDIATE -> {}
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
    if ((options & (Abi.SEND_INLINE | FETCHLESS | XRC)) != 0) {
      return unusualFetch(id, opcode, options, region, offset, length);
    }
    long slot = request(id, opcode, options, length);
    if (slot != FULL) {
      element(slot, region.address() + offset, length, region.lkey());
    }
    return slot;
  }

  private long unusualFetch(
      long id, int opcode, int options, MemoryRegion region, long offset, int length) {
    if ((options & (Abi.SEND_INLINE | FETCHLESS)) != 0) {
      throw misusedFetch(options);
    }
    return sharedMessage(id, opcode, options, region, offset, length);
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
}
