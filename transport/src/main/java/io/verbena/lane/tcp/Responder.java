package io.verbena.lane.tcp;

import io.verbena.lane.Frame;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RemoteAccess;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Serves the peer's one-sided operations: checks handle, right, range and alignment of every
 * request, and answers in the order of the requests.
 */
final class Responder {
  /** Of an answer, when it is asked for; the rest goes when others have had their turn. */
  private static final int FRAMES_AT_ONCE = 8;

  private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

  /** What the peer is owed: the bytes of a read, or the outcome of an operation. */
  private static final class Answer {
    final long cookie;
    final long result;
    final long status;
    final boolean read;
    final long handle;
    long address;
    long remaining;

    private Answer(
        long cookie,
        long result,
        long status,
        boolean read,
        long handle,
        long address,
        long length) {
      this.cookie = cookie;
      this.result = result;
      this.status = status;
      this.read = read;
      this.handle = handle;
      this.address = address;
      this.remaining = length;
    }

    static Answer done(long cookie, long result) {
      return new Answer(cookie, result, OneSided.OK, false, 0, 0, 0);
    }

    static Answer refused(long cookie) {
      return new Answer(cookie, 0, OneSided.REFUSED, false, 0, 0, 0);
    }

    static Answer bytes(long cookie, long handle, long address, long length) {
      return new Answer(cookie, 0, OneSided.OK, true, handle, address, length);
    }
  }

  private final Outbound outbound;
  private final MemoryDomain memory;
  private final int depth;
  private final ArrayDeque<Answer> answers = new ArrayDeque<>();
  private final Frame frame = new Frame();
  private boolean writeRefused;

  /** Whether the next NOTIFY is about a write of which not all is there. */
  private boolean unwritten;

  Responder(Outbound outbound, MemoryDomain memory, int depth) {
    this.outbound = outbound;
    this.memory = memory;
    this.depth = depth;
  }

  boolean hasQueued() {
    return !answers.isEmpty();
  }

  /** Serves a request; false when it is malformed or one too many. */
  boolean accept(Frame header, ByteBuffer payload, MemorySegment inbound) {
    if (answers.size() >= depth || header.length < OneSided.WRITE_PREFIX) {
      return false;
    }
    long handle = payload.getLong();
    long address = payload.getLong();
    return switch (header.type) {
      case OneSided.READ ->
          header.length == OneSided.READ_BYTES
              && read(header.detail, handle, address, payload.getLong());
      case OneSided.WRITE -> write(header, handle, address, payload, inbound);
      case OneSided.FETCH_ADD ->
          header.length == OneSided.FETCH_ADD_BYTES
              && fetchAdd(header.detail, handle, address, payload.getLong());
      case OneSided.COMPARE_SWAP ->
          header.length == OneSided.COMPARE_SWAP_BYTES
              && compareSwap(header.detail, handle, address, payload.getLong(), payload.getLong());
      default -> false;
    };
  }

  private boolean read(long cookie, long handle, long address, long length) {
    boolean granted = memory.resolve(handle, address, length, RemoteAccess.READ) != null;
    return answer(granted ? Answer.bytes(cookie, handle, address, length) : Answer.refused(cookie));
  }

  private boolean write(
      Frame header, long handle, long address, ByteBuffer payload, MemorySegment inbound) {
    if (!writeRefused) {
      writeRefused = !put(handle, address, payload, inbound);
    }
    if (!header.isLast()) {
      return true;
    }
    boolean refused = writeRefused;
    writeRefused = false;
    if ((header.flags & OneSided.NOTIFIES) != 0) {
      unwritten = refused || (header.flags & OneSided.TORN) != 0;
    }
    return answer(refused ? Answer.refused(header.detail) : Answer.done(header.detail, 0));
  }

  /** Whether the NOTIFY that has come is about a write of which not all is there. */
  boolean takeUnwritten() {
    boolean taken = unwritten;
    unwritten = false;
    return taken;
  }

  private boolean put(long handle, long address, ByteBuffer payload, MemorySegment inbound) {
    int count = payload.remaining();
    long access = memory.beginAccess();
    try {
      MemorySegment target = memory.resolve(handle, address, count, RemoteAccess.WRITE);
      if (target == null) {
        return false;
      }
      MemorySegment.copy(inbound, payload.position(), target, 0, count);
      return true;
    } catch (IllegalStateException closed) {
      return false;
    } finally {
      memory.endAccess(access);
    }
  }

  private boolean fetchAdd(long cookie, long handle, long address, long delta) {
    Answer outcome = Answer.refused(cookie);
    long access = memory.beginAccess();
    try {
      MemorySegment word = word(handle, address);
      if (word != null) {
        outcome = Answer.done(cookie, (long) WORD.getAndAdd(word, 0L, delta));
      }
    } catch (IllegalStateException closed) {
      // As if it were not granted.
    } finally {
      memory.endAccess(access);
    }
    return answer(outcome);
  }

  private boolean compareSwap(long cookie, long handle, long address, long expected, long desired) {
    Answer outcome = Answer.refused(cookie);
    long access = memory.beginAccess();
    try {
      MemorySegment word = word(handle, address);
      if (word != null) {
        outcome = Answer.done(cookie, (long) WORD.compareAndExchange(word, 0L, expected, desired));
      }
    } catch (IllegalStateException closed) {
      // As if it were not granted.
    } finally {
      memory.endAccess(access);
    }
    return answer(outcome);
  }

  private @Nullable MemorySegment word(long handle, long address) {
    return address % Long.BYTES != 0
        ? null
        : memory.resolve(handle, address, Long.BYTES, RemoteAccess.ATOMIC);
  }

  private boolean answer(Answer answer) {
    answers.add(answer);
    for (int frames = 0; frames < FRAMES_AT_ONCE && pumpOne(); frames++) {}
    outbound.flush();
    return true;
  }

  /** Appends the next frame of the oldest answer. */
  boolean pumpOne() {
    Answer answer = answers.peek();
    if (answer == null) {
      return false;
    }
    if (!answer.read) {
      if (!outbound.hasRoom(OneSided.DONE_BYTES)) {
        return false;
      }
      done(answer.cookie, answer.result, answer.status);
      answers.remove();
      return true;
    }
    int count = (int) Math.min(answer.remaining, Chunks.MAX_PAYLOAD);
    if (!outbound.hasRoom(Math.max(count, OneSided.DONE_BYTES))) {
      return false;
    }
    if (!sendBytes(answer, count)) {
      done(answer.cookie, 0, OneSided.REFUSED);
      answer.remaining = 0;
    }
    if (answer.remaining == 0) {
      answers.remove();
    }
    return true;
  }

  /** The grant is looked up for each frame: a revoked one is not served to its end. */
  private boolean sendBytes(Answer answer, int count) {
    int mark = outbound.mark();
    long access = memory.beginAccess();
    try {
      MemorySegment source =
          memory.resolve(answer.handle, answer.address, count, RemoteAccess.READ);
      if (source == null) {
        return false;
      }
      boolean last = count == answer.remaining;
      outbound.header(OneSided.header(frame, OneSided.READ_DATA, last, count, answer.cookie));
      outbound.put(source, 0, count);
    } catch (IllegalStateException closed) {
      outbound.rewind(mark);
      return false;
    } finally {
      memory.endAccess(access);
    }
    answer.address += count;
    answer.remaining -= count;
    return true;
  }

  private void done(long cookie, long result, long status) {
    outbound.header(OneSided.header(frame, OneSided.DONE, true, OneSided.DONE_BYTES, cookie));
    outbound.putLong(result);
    outbound.putLong(status);
  }
}
