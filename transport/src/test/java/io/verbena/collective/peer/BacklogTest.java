package io.verbena.collective.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages that wait for their receives. */
class BacklogTest {
  private static final long CONTEXT = 7;
  private static final int MANY = 40;

  private final Backlog backlog = new Backlog();
  private final List<ByteBuf> contents = new ArrayList<>();

  @AfterEach
  void requireThatNothingIsHeld() {
    backlog.clear();
    contents.forEach(each -> assertEquals(1, each.refCnt()));
  }

  private void add(long context, long tag, boolean more) {
    backlog.add(context, tag, 2, content(), more);
  }

  private ByteBuf content() {
    ByteBuf content = Unpooled.buffer(1).writeByte(1);
    contents.add(content);
    return content;
  }

  private Unexpected take(long tag) {
    var receive = new Receive((_, _) -> {});
    receive.context = CONTEXT;
    receive.tag = tag;
    return backlog.take(receive);
  }

  private void requireTaken(long tag, long wanted) {
    Unexpected message = take(wanted);
    assertNotNull(message);
    assertEquals(tag, message.tag);
    backlog.recycle(message);
  }

  private void requireNone() {
    assertNull(take(Receive.ANY_TAG));
  }

  @Test
  void shouldGiveTheOldestThatFits() {
    for (long tag = 0; tag < 4; tag++) {
      add(CONTEXT, tag, false);
    }
    add(CONTEXT, 1, false);
    requireTaken(1, 1);
    requireTaken(3, 3);
    requireTaken(0, Receive.ANY_TAG);
    requireTaken(2, Receive.ANY_TAG);
    requireTaken(1, Receive.ANY_TAG);
    requireNone();
  }

  /** The last one first, and more of them than are kept to be used again. */
  @Test
  void shouldGiveWhatComesAfterTheLastWasTaken() {
    for (int round = 0; round < 3; round++) {
      for (int tag = 0; tag < MANY; tag++) {
        add(CONTEXT, tag, false);
      }
      for (int tag = MANY - 1; tag >= 0; tag--) {
        requireTaken(tag, tag);
      }
      requireNone();
    }
  }

  @Test
  void shouldUseItsObjectsAgain() {
    add(CONTEXT, 1, false);
    Unexpected first = take(1);
    backlog.recycle(first);
    for (int tag = 2; tag < MANY; tag++) {
      add(CONTEXT, tag, false);
      Unexpected next = take(tag);
      assertSame(first, next);
      backlog.recycle(next);
    }
  }

  @Test
  void shouldAppendToTheOneThatArrives() {
    add(CONTEXT, 1, false);
    add(CONTEXT, 2, true);
    backlog.append(content(), false);
    backlog.append(content(), false);
    Unexpected first = take(1);
    assertEquals(1, first.bytes);
    assertFalse(backlog.stopsArriving(first));
    Unexpected second = take(2);
    assertEquals(2, second.bytes);
    assertFalse(backlog.stopsArriving(second));
    backlog.recycle(first);
    backlog.recycle(second);
  }

  @Test
  void shouldAppendNothingToWhatWasTaken() {
    add(CONTEXT, 1, true);
    Unexpected message = take(1);
    assertTrue(backlog.stopsArriving(message));
    backlog.append(content(), false);
    assertEquals(1, message.bytes);
    backlog.recycle(message);
    requireNone();
  }

  @Test
  void shouldDropAContextAndNothingElse() {
    add(CONTEXT + 1, 1, false);
    add(CONTEXT, 2, false);
    add(CONTEXT + 1, 3, false);
    add(CONTEXT, 4, false);
    add(CONTEXT + 1, 5, true);
    backlog.drop(CONTEXT + 1);
    backlog.append(content(), false);
    requireTaken(2, Receive.ANY_TAG);
    add(CONTEXT, 6, false);
    requireTaken(4, Receive.ANY_TAG);
    requireTaken(6, Receive.ANY_TAG);
    requireNone();
  }

  @Test
  void shouldForgetWhatIsTorn() {
    add(CONTEXT, 1, false);
    backlog.tear();
    add(CONTEXT, 2, true);
    backlog.tear();
    requireTaken(1, Receive.ANY_TAG);
    requireNone();
  }

  @Test
  void shouldBeFullOfLongMessagesUntilTheyAreTaken() {
    ByteBuf half = Unpooled.wrappedBuffer(new byte[(int) (Backlog.MOST_BYTES / 2)]);
    contents.add(half);
    backlog.add(CONTEXT, 1, half.readableBytes(), half, false);
    assertFalse(backlog.isFull());
    backlog.add(CONTEXT, 2, half.readableBytes(), half, false);
    assertTrue(backlog.isFull());
    requireTaken(1, 1);
    assertFalse(backlog.isFull());
    backlog.add(CONTEXT + 1, 3, half.readableBytes(), half, true);
    assertTrue(backlog.isFull());
    backlog.drop(CONTEXT + 1);
    assertFalse(backlog.isFull());
  }
}
