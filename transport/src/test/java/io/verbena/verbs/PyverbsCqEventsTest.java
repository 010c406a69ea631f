package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What pyverbs' test_cq_events.py has: each message is waited for by its event. */
@RdmaTest
class PyverbsCqEventsTest {
  private static final int ROUNDS = 20;

  /** Arms, so that what is sent next makes an event. */
  private static void arm(CompletionQueue... queues) throws VerbsException {
    for (CompletionQueue queue : queues) {
      assertFalse(queue.poll().next());
      queue.arm(false);
      assertFalse(queue.channel().await(Duration.ZERO), "an event without a cause");
    }
  }

  private static void awaitEvent(CompletionQueue queue) throws VerbsException {
    assertTrue(queue.channel().await(LoopbackPair.PATIENCE), "no event");
    Completions cursor = queue.poll();
    assertTrue(cursor.next());
    assertTrue(cursor.succeeded(), () -> cursor.status().toString());
    assertFalse(cursor.next());
  }

  @Test
  void cqEventsRc() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      for (int i = 0; i < ROUNDS; i++) {
        pair.rightPair.receives().receive(i, pair.right, 0, 64).submit();
        arm(pair.leftQueue, pair.rightQueue);
        pair.leftPair.sends().signaled().send(i, pair.left, 0, 8).submit();
        awaitEvent(pair.leftQueue);
        awaitEvent(pair.rightQueue);
      }
      assertEquals(pair.leftPair.sendDepth(), pair.leftPair.sends().free());
    }
  }

  @Test
  void cqEventsUd() throws IOException {
    try (DatagramPair pair = new DatagramPair()) {
      for (int i = 0; i < ROUNDS; i++) {
        pair.rightPair.receives().receive(i, pair.right, 0, 128).submit();
        arm(pair.leftQueue, pair.rightQueue);
        pair.toRight().signaled().send(i, pair.left, 0, 8).submit();
        awaitEvent(pair.leftQueue);
        awaitEvent(pair.rightQueue);
      }
    }
  }
}
