package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import io.verbena.lane.Intake;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What one peer sends: it finds the receives that wait for it, or waits for them. */
final class Inbound extends Intake {
  private final Peers peers;
  private final int rank;
  final Queue<Receive> receives = new Queue<>();
  private final Backlog backlog = new Backlog();

  /** Of the message that is arriving: what is still to come, and where it goes. */
  private long rest;

  private long total;

  private @Nullable Receive receiving;

  /** Whether the endpoint writes to the memory of {@link #receiving}. */
  private boolean placing;

  /** The last two memories that messages went to, and buffers of them: two often take turns. */
  private final @Nullable Region[] landsIn = new Region[2];

  private final @Nullable ByteBuffer[] landings = new ByteBuffer[2];
  private long takenEarly;

  Inbound(Peers peers, int rank) {
    this.peers = peers;
    this.rank = rank;
  }

  /** Not while something is awaited that may be behind what waits here. */
  boolean isHeldUp() {
    return backlog.isFull() && receives.isEmpty() && receiving == null && !peers.awaitsAnybody();
  }

  boolean isReceiving() {
    return receiving != null;
  }

  boolean isBetweenMessages() {
    return rest == 0;
  }

  /** Whether a started receive finds its message here; if it has not ended then, it will. */
  boolean find(Receive receive) {
    Unexpected message = backlog.take(receive);
    if (message == null) {
      return false;
    }
    match(receive, message.context, message.tag);
    boolean arriving = backlog.stopsArriving(message);
    long length = message.length;
    try {
      if (receive.fits(length)) {
        message.moveTo(receive);
      }
    } catch (RuntimeException e) {
      unusable(receive, e);
      return true;
    } finally {
      backlog.recycle(message);
    }
    if (arriving) {
      receiving = receive;
    } else {
      finish(receive, length);
    }
    return true;
  }

  private void match(Receive receive, long context, long tag) {
    receive.peer = rank;
    receive.context = context;
    receive.tag = tag;
    receive.received = 0;
  }

  private void finish(Receive receive, long length) {
    if (receive.fits(length)) {
      receive.length = length;
      receive.end(null);
    } else {
      receive.end(misfit(receive, length));
    }
  }

  private PeerFailure misfit(Receive receive, long length) {
    return receive.exact
        ? new PeerFailure(
            PeerFailure.Kind.LENGTHS_DIFFER,
            rank,
            "rank %d sends %d bytes where this one expects %d: do both pass as many elements, to the same collective?"
                .formatted(rank, length, receive.length),
            null)
        : new PeerFailure(
            PeerFailure.Kind.TRUNCATED,
            rank,
            "a message of %d bytes from rank %d, and room for %d"
                .formatted(length, rank, receive.length),
            null);
  }

  /**
   * A message of the endpoint, which is released.
   *
   * @return whether it made sense
   */
  boolean arrived(ByteBuf message) {
    try {
      // Once this process is closed nobody waits for anything.
      if (peers.isClosed() || take(Envelope.bytes(message))) {
        return true;
      }
      if (rest > 0) {
        return part(message);
      }
      if (!Envelope.isMessage(Envelope.bytes(message), message.readableBytes())) {
        return false;
      }
      begin(message);
      return true;
    } finally {
      message.release();
    }
  }

  /** Whether something for the peer is still with this process. */
  boolean hasUnsent() {
    return source().hasUnsent();
  }

  /** How many messages of the endpoint were taken before they were received. */
  long takenEarly() {
    return takenEarly;
  }

  @Override
  public boolean take(ByteBuffer message) {
    // Who closes an endpoint moves its data, too, and does not have our lock.
    if (!peers.lock.isHeldByCurrentThread() || peers.isClosed()) {
      return false;
    }
    Receive receive = awaiting(message, message.remaining());
    if (receive == null) {
      return false;
    }
    takenEarly++;
    try {
      receive.put(message);
    } catch (RuntimeException e) {
      unusable(receive, e);
      return true;
    } catch (Error e) {
      // As for a file that has become shorter than what is mapped of it.
      unusable(receive, new IllegalStateException(e.toString(), e));
      throw e;
    }
    advanced(receive);
    return true;
  }

  @Override
  public @Nullable ByteBuffer place(ByteBuffer there, int length) {
    if (!peers.lock.isHeldByCurrentThread() || peers.isClosed()) {
      return null;
    }
    int before = there.remaining();
    Receive receive = awaiting(there, length);
    if (receive == null) {
      return null;
    }
    int content = length - (before - there.remaining());
    int late = content - there.remaining();
    receive(receive);
    takenEarly++;
    try {
      ByteBuffer room = landing(receive, content);
      room.put(there);
      receive.received += content;
      placing = true;
      return room;
    } catch (RuntimeException e) {
      unusable(receive, e);
      // What is still to come is dropped.
      return ByteBuffer.allocate(late);
    }
  }

  @Override
  public void placed(@Nullable RuntimeException unusable) {
    Receive receive = receiving;
    if (!placing || receive == null) {
      return;
    }
    placing = false;
    if (unusable == null) {
      advanced(receive);
    } else {
      unusable(receive, unusable);
    }
  }

  /**
   * The receive that waits for a message, or for a part of one, if it fits; counts it as come, and
   * skips what stands before the content.
   */
  private @Nullable Receive awaiting(ByteBuffer there, int bytes) {
    if (rest > 0) {
      Receive receive = receiving;
      if (receive == null || !receive.fits(total) || bytes > rest || bytes == 0) {
        return null;
      }
      rest -= bytes;
      return receive;
    }
    if (!Envelope.isMessage(there, bytes)) {
      return null;
    }
    long context = Envelope.context(there);
    long tag = Envelope.tag(there);
    long length = Envelope.length(there);
    Receive receive = peers.waiting(this, context, tag);
    if (receive == null || !receive.fits(length)) {
      return null;
    }
    peers.unlist(this, receive);
    match(receive, context, tag);
    there.position(there.position() + Envelope.BYTES);
    total = length;
    rest = length - (bytes - Envelope.BYTES);
    return receive;
  }

  /** Where the next bytes of a receive go: a buffer that is this object's as long as they come. */
  @SuppressWarnings("ReferenceEquality") // the very one
  private ByteBuffer landing(Receive receive, int bytes) {
    long at = receive.offset + receive.received;
    int known = landsIn[0] == receive.region ? 0 : 1;
    if (landsIn[known] != receive.region) {
      landings[0] = landings[1];
      landsIn[0] = landsIn[1];
      landings[1] = receive.region.buffer();
      landsIn[1] = receive.region;
    }
    ByteBuffer buffer = landings[known];
    return buffer == null
        ? receive.region.slice(at, bytes)
        : buffer.limit((int) at + bytes).position((int) at);
  }

  /** More of its message is to come. */
  private void receive(Receive receive) {
    receiving = receive;
    peers.list(peers.peer(rank));
  }

  private void advanced(Receive receive) {
    if (rest > 0) {
      receive(receive);
    } else {
      receiving = null;
      finish(receive, total);
    }
  }

  @SuppressWarnings("ReferenceEquality") // the very one
  private void unusable(Receive receive, RuntimeException cause) {
    if (receiving == receive) {
      // What is still to come is dropped.
      receiving = null;
    }
    receive.end(PeerFailure.ofMemory(rank, cause));
  }

  /** A message that no receive waits for, or which does not fit the one that does. */
  private void begin(ByteBuf message) {
    ByteBuffer bytes = Envelope.bytes(message);
    long context = Envelope.context(bytes);
    long tag = Envelope.tag(bytes);
    total = Envelope.length(bytes);
    message.skipBytes(Envelope.BYTES);
    rest = total - message.readableBytes();
    Receive receive = peers.waiting(this, context, tag);
    if (receive == null) {
      backlog.add(context, tag, total, message, rest > 0);
      return;
    }
    peers.unlist(this, receive);
    match(receive, context, tag);
    advanced(receive);
  }

  private boolean part(ByteBuf content) {
    if (content.readableBytes() > rest || !content.isReadable()) {
      return false;
    }
    rest -= content.readableBytes();
    Receive receive = receiving;
    if (receive != null) {
      // It does not fit: it hears of that when all has come.
      advanced(receive);
    } else {
      backlog.append(content, rest > 0);
    }
    return true;
  }

  /** Whether it waited, or was arriving: its memory is not written any more. */
  @SuppressWarnings("ReferenceEquality") // the very one
  boolean cancel(Receive receive) {
    if (receive == receiving) {
      stopReceiving();
      return true;
    }
    return receives.remove(receive);
  }

  /** What is still to come is dropped, and the memory not written any more. */
  private void stopReceiving() {
    if (placing) {
      source().divert();
      placing = false;
    }
    receiving = null;
  }

  /** Forgets messages that nobody will ask for. */
  void drop(long context) {
    backlog.drop(context);
  }

  /** Nothing more comes of the message that is arriving. */
  void tear(PeerFailure failure) {
    rest = 0;
    backlog.tear();
    Receive arriving = receiving;
    if (arriving != null) {
      stopReceiving();
      arriving.end(failure);
    }
  }

  /** Nothing more comes. */
  void fail(PeerFailure failure) {
    tear(failure);
    for (Receive each = receives.first(); each != null; each = receives.first()) {
      receives.remove(each);
      each.end(failure);
    }
  }

  /** Nothing more is wanted. */
  void close(PeerFailure failure) {
    fail(failure);
    backlog.clear();
  }
}
