package io.verbena.lane.tcp;

import io.verbena.cause.Cause;
import io.verbena.lane.Frame;
import io.verbena.lane.LaneEvents;
import io.verbena.lane.LaneFailure;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Our one-sided operations: sends the requests and takes the answers. */
final class Requester {
  /** Of a write, when it is asked for; the rest goes when others have had their turn. */
  private static final int FRAMES_AT_ONCE = 16;

  private static final LaneFailure REFUSED =
      new LaneFailure(LaneFailure.Kind.REMOTE_ACCESS, Cause.REMOTE_ACCESS.meaning());
  private static final LaneFailure LOCAL_CLOSED =
      new LaneFailure(LaneFailure.Kind.LOCAL_ACCESS, "the local memory was closed meanwhile");

  /** An operation that waits for its answer. */
  private static final class Pending {
    boolean active;
    long cookie;
    @Nullable MemorySegment readInto;

    /** A write of which not all has been sent: the peer cannot have it. */
    boolean unsent;

    long position;
    long remaining;
    @Nullable LaneFailure failure;
  }

  /** A write whose bytes are still to be sent. */
  private static final class QueuedWrite {
    final long cookie;
    final MemorySegment source;
    final long handle;
    final boolean notifies;
    long position;
    long address;
    long remaining;

    QueuedWrite(
        long cookie,
        MemorySegment source,
        long position,
        long handle,
        long address,
        long length,
        boolean notifies) {
      this.cookie = cookie;
      this.source = source;
      this.handle = handle;
      this.notifies = notifies;
      this.position = position;
      this.address = address;
      this.remaining = length;
    }
  }

  private final Outbound outbound;
  private final int depth;

  /** Grows with the operations that are under way at the same time: most endpoints have none. */
  private Pending[] pending = {};

  private final ArrayDeque<QueuedWrite> writes = new ArrayDeque<>();
  private final Frame frame = new Frame();

  Requester(Outbound outbound, int depth) {
    this.outbound = outbound;
    this.depth = depth;
  }

  boolean read(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long at,
      long length,
      long cookie) {
    if (!request(OneSided.READ, OneSided.READ_BYTES, remote, at, cookie)) {
      return false;
    }
    outbound.putLong(length);
    outbound.flush();
    Pending operation = pending[slot(cookie)];
    operation.readInto = local.segment();
    operation.position = localOffset;
    operation.remaining = length;
    return true;
  }

  boolean write(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long at,
      long length,
      boolean notifies,
      long cookie) {
    writes.add(
        new QueuedWrite(
            cookie,
            local.segment(),
            localOffset,
            remote.handle(),
            remote.address() + at,
            length,
            notifies));
    track(cookie);
    pending[slot(cookie)].unsent = true;
    for (int frames = 0; frames < FRAMES_AT_ONCE && pumpOne(); frames++) {}
    outbound.flush();
    return true;
  }

  boolean fetchAdd(RemoteMemory remote, long at, long delta, long cookie) {
    if (!request(OneSided.FETCH_ADD, OneSided.FETCH_ADD_BYTES, remote, at, cookie)) {
      return false;
    }
    outbound.putLong(delta);
    outbound.flush();
    return true;
  }

  boolean compareSwap(RemoteMemory remote, long at, long expected, long desired, long cookie) {
    if (!request(OneSided.COMPARE_SWAP, OneSided.COMPARE_SWAP_BYTES, remote, at, cookie)) {
      return false;
    }
    outbound.putLong(expected);
    outbound.putLong(desired);
    outbound.flush();
    return true;
  }

  /** Whether writes wait for room: nothing may overtake them. */
  boolean hasQueued() {
    return !writes.isEmpty();
  }

  /** Appends the next frame of the oldest queued write. */
  boolean pumpOne() {
    QueuedWrite write = writes.peek();
    if (write == null) {
      return false;
    }
    int count = (int) Math.min(write.remaining, Chunks.MAX_PAYLOAD - OneSided.WRITE_PREFIX);
    if (!outbound.hasRoom(OneSided.WRITE_PREFIX + count)) {
      return false;
    }
    boolean last = count == write.remaining;
    int mark = outbound.mark();
    int flags = last ? Frame.LAST : 0;
    prefix(write, count, flags);
    try {
      outbound.put(write.source, write.position, count);
    } catch (IllegalStateException closed) {
      // The peer must learn that the write is over: an empty last part, refused or not.
      outbound.rewind(mark);
      prefix(write, 0, Frame.LAST | OneSided.TORN);
      pending[slot(write.cookie)].failure = LOCAL_CLOSED;
      last = true;
    }
    write.position += count;
    write.address += count;
    write.remaining -= count;
    if (last) {
      pending[slot(write.cookie)].unsent = false;
      writes.remove();
    }
    return true;
  }

  private void prefix(QueuedWrite write, int count, int flags) {
    int length = OneSided.WRITE_PREFIX + count;
    OneSided.header(frame, OneSided.WRITE, false, length, write.cookie);
    boolean notifies = write.notifies && (flags & Frame.LAST) != 0;
    frame.flags = (byte) (flags | (notifies ? OneSided.NOTIFIES : 0));
    outbound.header(frame);
    outbound.putLong(write.handle);
    outbound.putLong(write.address);
  }

  /** Takes READ_DATA or DONE; false when it answers nothing of ours. */
  boolean accept(Frame header, ByteBuffer payload, MemorySegment inbound, LaneEvents events) {
    int slot = slot(header.detail);
    if (slot < 0 || slot >= pending.length) {
      return false;
    }
    Pending operation = pending[slot];
    if (!operation.active || operation.cookie != header.detail) {
      return false;
    }
    return header.type == OneSided.DONE
        ? acceptDone(operation, header, payload, events)
        : acceptData(operation, header, payload, inbound, events);
  }

  private boolean acceptDone(
      Pending operation, Frame header, ByteBuffer payload, LaneEvents events) {
    if (header.length != OneSided.DONE_BYTES) {
      return false;
    }
    long result = payload.getLong();
    boolean done = payload.getLong() == OneSided.OK;
    if (operation.unsent || (done && operation.readInto != null)) {
      return false;
    }
    finish(operation, result, done ? null : REFUSED, events);
    return true;
  }

  private boolean acceptData(
      Pending operation,
      Frame header,
      ByteBuffer payload,
      MemorySegment inbound,
      LaneEvents events) {
    MemorySegment target = operation.readInto;
    boolean last = header.length == operation.remaining;
    if (target == null || header.length > operation.remaining || header.isLast() != last) {
      return false;
    }
    try {
      MemorySegment.copy(inbound, payload.position(), target, operation.position, header.length);
    } catch (IllegalStateException closed) {
      operation.failure = LOCAL_CLOSED;
    }
    operation.position += header.length;
    operation.remaining -= header.length;
    if (last) {
      finish(operation, 0, null, events);
    }
    return true;
  }

  private void finish(
      Pending operation, long result, @Nullable LaneFailure failure, LaneEvents events) {
    operation.active = false;
    operation.readInto = null;
    LaneFailure cause = operation.failure != null ? operation.failure : failure;
    operation.failure = null;
    events.completed(operation.cookie, cause == null ? result : 0, cause);
  }

  /** Appends header, handle and address of a request; nothing overtakes a queued write. */
  private boolean request(byte type, int length, RemoteMemory remote, long at, long cookie) {
    if (hasQueued() || !outbound.hasRoom(length)) {
      return false;
    }
    outbound.header(OneSided.header(frame, type, true, length, cookie));
    outbound.putLong(remote.handle());
    outbound.putLong(remote.address() + at);
    track(cookie);
    return true;
  }

  private void track(long cookie) {
    int slot = slot(cookie);
    if (slot >= pending.length) {
      int before = pending.length;
      pending = Arrays.copyOf(pending, Math.min(depth, Math.max(2 * before, slot + 1)));
      for (int i = before; i < pending.length; i++) {
        pending[i] = new Pending();
      }
    }
    Pending operation = pending[slot];
    operation.active = true;
    operation.unsent = false;
    operation.cookie = cookie;
  }

  /** The low half of a cookie is the endpoint's slot, unique among the operations under way. */
  private static int slot(long cookie) {
    return (int) cookie;
  }
}
