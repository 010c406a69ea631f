package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Requests of several pieces. */
@RdmaTest
class GatherTest {
  private static LoopbackPair pair() throws IOException {
    return new LoopbackPair(
        config -> config.withSendElements(4).withReceiveElements(3).withInlineBytes(32),
        ConnectOptions.defaults());
  }

  @Test
  void shouldGatherASendAndScatterItsReceive() throws IOException {
    try (LoopbackPair pair = pair()) {
      MemoryRegion other = pair.allocate();
      LoopbackPair.put(pair.left, 0, "abc");
      LoopbackPair.put(pair.left, 100, "defg");
      LoopbackPair.put(other, 200, "hijkl");
      pair.rightPair
          .receives()
          .receive(1, pair.right, 0, 2)
          .append(pair.right, 1000, 6)
          .append(pair.right, 2000, 100)
          .receive(2, pair.right, 4000, 100)
          .submit();
      pair.leftPair
          .sends()
          .send(1, pair.left, 0, 3)
          .append(pair.left, 100, 4)
          .append(pair.left, 0, 0)
          .append(other, 200, 5)
          .signaled()
          .send(2, pair.left, 0, 3)
          .submit();
      assertTrue(pair.leftDone().succeeded());
      assertEquals(12, pair.rightDone().byteCount());
      assertEquals(3, pair.rightDone().byteCount());
      assertEquals("ab", LoopbackPair.get(pair.right, 0, 2));
      assertEquals("cdefgh", LoopbackPair.get(pair.right, 1000, 6));
      assertEquals("ijkl", LoopbackPair.get(pair.right, 2000, 4));
      assertEquals("abc", LoopbackPair.get(pair.right, 4000, 3));
    }
  }

  @Test
  void shouldGatherAWriteAndScatterARead() throws IOException {
    try (LoopbackPair pair = pair()) {
      LoopbackPair.put(pair.left, 0, "there and ");
      LoopbackPair.put(pair.left, 500, "back");
      pair.leftPair
          .sends()
          .write(1, pair.left, 0, 0, pair.right.address(), pair.right.rkey())
          .append(pair.left, 0, 10)
          .append(pair.left, 500, 4)
          .signaled()
          .fence()
          .read(2, pair.left, 1000, 6, pair.right.address(), pair.right.rkey())
          .append(pair.left, 2000, 8)
          .submit();
      assertTrue(pair.leftDone().succeeded());
      assertEquals("there and back", LoopbackPair.get(pair.right, 0, 14));
      assertEquals("there ", LoopbackPair.get(pair.left, 1000, 6));
      assertEquals("and back", LoopbackPair.get(pair.left, 2000, 8));
    }
  }

  @Test
  void shouldGatherInlineBytesAtOnce() throws IOException {
    try (LoopbackPair pair = pair()) {
      LoopbackPair.put(pair.left, 0, "0123456789");
      pair.rightPair.receives().receive(1, pair.right, 0, 100).submit();
      SendBatch batch = pair.leftPair.sends().signaled().inline().send(1, pair.left, 0, 3);
      for (int i = 3; i < 10; i++) {
        // More pieces than the queue pair has elements: they are copied to one place.
        batch.append(pair.left, i, 1);
      }
      LoopbackPair.put(pair.left, 0, "xxxxxxxxxx");
      assertTrue(batch.submit());
      assertTrue(pair.leftDone().succeeded());
      assertEquals(10, pair.rightDone().byteCount());
      assertEquals("0123456789", LoopbackPair.get(pair.right, 0, 10));
      int room = pair.leftPair.inlineBytes();
      batch.inline().send(2, pair.left, 0, room);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> batch.append(pair.left, 0, 1));
      assertTrue(e.getMessage().contains("inline"), e.getMessage());
    }
  }

  @Test
  void shouldNotTakeOverTheNumberOfPiecesFromTheLastRound() throws IOException {
    try (LoopbackPair pair = pair()) {
      LoopbackPair.put(pair.left, 0, "abcdef");
      for (int round = 0; round < 3; round++) {
        pair.rightPair.receives().receive(1, pair.right, 0, 3).append(pair.right, 100, 3).submit();
        SendBatch batch = pair.leftPair.sends().signaled().send(1, pair.left, 0, 3);
        int length = 3;
        if (round == 1) {
          batch.append(pair.left, 3, 3);
          length = 6;
        }
        assertTrue(batch.submit());
        assertTrue(pair.leftDone().succeeded());
        assertEquals(length, pair.rightDone().byteCount());
      }
    }
  }

  @Test
  void shouldRefuseWhatCannotBeContinued() throws IOException {
    try (LoopbackPair pair = pair()) {
      SendBatch sends = pair.leftPair.sends();
      ReceiveBatch receives = pair.leftPair.receives();
      assertThrows(IllegalStateException.class, () -> sends.append(pair.left, 0, 1));
      assertThrows(IllegalStateException.class, () -> receives.append(pair.left, 0, 1));
      sends.fetchAndAdd(1, pair.left, 0, pair.right.address(), pair.right.rkey(), 1);
      assertThrows(IllegalStateException.class, () -> sends.append(pair.left, 0, 8));
      sends.send(2, pair.left, 0, 1);
      for (int i = 1; i < 4; i++) {
        sends.append(pair.left, i, 1);
      }
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> sends.append(pair.left, 4, 1));
      assertTrue(e.getMessage().contains("takes 4 elements"), e.getMessage());
      MemoryRegion readOnly = pair.domain.allocate(64);
      sends.read(3, pair.left, 0, 8, pair.right.address(), pair.right.rkey());
      assertThrows(IllegalArgumentException.class, () -> sends.append(readOnly, 0, 8));
      receives.receive(1, pair.left, 0, 1);
      assertThrows(IllegalArgumentException.class, () -> receives.append(readOnly, 0, 8));
      assertThrows(
          IllegalArgumentException.class, () -> sends.append(pair.left, pair.left.length(), 1));
      // What was there before is complete and works.
      assertTrue(sends.signaled().send(4, pair.left, 0, 0).submit());
    }
  }
}
