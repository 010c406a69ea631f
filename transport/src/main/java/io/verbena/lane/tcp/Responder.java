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
  private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

  /** What the peer is owed: the bytes of a read, or the outcome of an operation. */
  private record Answer(long cookie, OneSided.@Nullable Transfer bytes, long result, long status) {}

  private final Outbound outbound;
  private final MemoryDomain memory;
  private final int depth;
  private final ArrayDeque<Answer> answers = new ArrayDeque<>();
  private final Frame frame = new Frame();
  private boolean writeRefused;

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
    MemorySegment source = memory.resolve(handle, address, length, RemoteAccess.READ);
    return source == null
        ? answer(new Answer(cookie, null, 0, OneSided.REFUSED))
        : answer(
            new Answer(cookie, new OneSided.Transfer(cookie, source, 0, length), 0, OneSided.OK));
  }

  private boolean write(
      Frame header, long handle, long address, ByteBuffer payload, MemorySegment inbound) {
    int count = payload.remaining();
    MemorySegment target = memory.resolve(handle, address, count, RemoteAccess.WRITE);
    if (target == null) {
      writeRefused = true;
    } else if (!writeRefused) {
      try {
        MemorySegment.copy(inbound, payload.position(), target, 0, count);
      } catch (IllegalStateException closed) {
        writeRefused = true;
      }
    }
    if (!header.isLast()) {
      return true;
    }
    long status = writeRefused ? OneSided.REFUSED : OneSided.OK;
    writeRefused = false;
    return answer(new Answer(header.detail, null, 0, status));
  }

  private boolean fetchAdd(long cookie, long handle, long address, long delta) {
    MemorySegment word = word(handle, address);
    try {
      return word == null
          ? answer(new Answer(cookie, null, 0, OneSided.REFUSED))
          : answer(new Answer(cookie, null, (long) WORD.getAndAdd(word, 0L, delta), OneSided.OK));
    } catch (IllegalStateException closed) {
      return answer(new Answer(cookie, null, 0, OneSided.REFUSED));
    }
  }

  private boolean compareSwap(long cookie, long handle, long address, long expected, long desired) {
    MemorySegment word = word(handle, address);
    try {
      return word == null
          ? answer(new Answer(cookie, null, 0, OneSided.REFUSED))
          : answer(
              new Answer(
                  cookie,
                  null,
                  (long) WORD.compareAndExchange(word, 0L, expected, desired),
                  OneSided.OK));
    } catch (IllegalStateException closed) {
      return answer(new Answer(cookie, null, 0, OneSided.REFUSED));
    }
  }

  private @Nullable MemorySegment word(long handle, long address) {
    return address % Long.BYTES != 0
        ? null
        : memory.resolve(handle, address, Long.BYTES, RemoteAccess.ATOMIC);
  }

  private boolean answer(Answer answer) {
    answers.add(answer);
    while (pumpOne()) {}
    outbound.flush();
    return true;
  }

  /** Appends the next frame of the oldest answer. */
  boolean pumpOne() {
    Answer answer = answers.peek();
    if (answer == null) {
      return false;
    }
    OneSided.Transfer bytes = answer.bytes;
    if (bytes == null) {
      if (!outbound.hasRoom(OneSided.DONE_BYTES)) {
        return false;
      }
      done(answer.cookie, answer.result, answer.status);
      answers.remove();
      return true;
    }
    int count = bytes.next(0);
    if (!outbound.hasRoom(Math.max(count, OneSided.DONE_BYTES))) {
      return false;
    }
    boolean last = count == bytes.remaining;
    int mark = outbound.mark();
    outbound.header(OneSided.header(frame, OneSided.READ_DATA, last, count, answer.cookie));
    try {
      outbound.put(bytes.source, bytes.position, count);
      bytes.advance(count);
    } catch (IllegalStateException closed) {
      outbound.rewind(mark);
      done(answer.cookie, 0, OneSided.REFUSED);
      last = true;
    }
    if (last) {
      answers.remove();
    }
    return true;
  }

  private void done(long cookie, long result, long status) {
    outbound.header(OneSided.header(frame, OneSided.DONE, true, OneSided.DONE_BYTES, cookie));
    outbound.putLong(result);
    outbound.putLong(status);
  }
}
