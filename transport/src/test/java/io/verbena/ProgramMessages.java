package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.RandomProgram.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What a side of a random program sends: the same noise in all sorts of buffers. */
final class ProgramMessages {
  private static final int LONGEST = 2 << 20;
  private static final byte[] NOISE = new byte[LONGEST + (1 << 20)];

  static {
    new Random(11).nextBytes(NOISE);
  }

  private final Transport transport;

  /** Those of which it can be told later whether they were released. */
  private final List<ByteBuf> sent = new ArrayList<>();

  ProgramMessages(Transport transport) {
    this.transport = transport;
  }

  /** What a message has to be. */
  static ByteBuf bytes(int from, int size) {
    return Unpooled.wrappedBuffer(NOISE, from, size);
  }

  /** The message of a step: of the heap, composed, a slice, or of the transport's buffers. */
  ByteBuf of(Step step) {
    int size = step.size();
    ByteBuf bytes = bytes(step.at(), size);
    return switch (step.variant() / 2 % 6) {
      case 0 -> watched(Unpooled.buffer(size + 1).writeBytes(bytes));
      case 1 -> watched(Unpooled.directBuffer(size + 1).writeBytes(bytes));
      case 2 -> {
        ByteBuf whole = watched(Unpooled.directBuffer(size + 9).writeZero(7).writeBytes(bytes));
        ByteBuf part = whole.retainedSlice(7, size);
        whole.release();
        yield part;
      }
      case 3 -> {
        int first = size / 3;
        ByteBuf ours = transport.allocator().directBuffer(first + 1);
        yield watched(
            Unpooled.wrappedBuffer(
                ours.writeBytes(bytes, first), Unpooled.directBuffer(size + 1).writeBytes(bytes)));
      }
      case 4 ->
          transport.allocator().directBuffer(size + 5).writeZero(5).skipBytes(5).writeBytes(bytes);
      default -> transport.allocator().directBuffer(Math.max(1, size)).writeBytes(bytes);
    };
  }

  private ByteBuf watched(ByteBuf message) {
    if (!message.equals(Unpooled.EMPTY_BUFFER) || message.capacity() > 0) {
      sent.add(message);
    }
    return message;
  }

  void requireReleased(String name) {
    for (ByteBuf each : sent) {
      assertEquals(0, each.refCnt(), name + " has a message that was sent and is not released");
    }
  }
}
