package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.RdmaTest;
import io.verbena.verbs.LoopbackPair.Done;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What becomes of requests that the peer refuses, or has no use for yet. */
@RdmaTest
class RemoteErrorTest {
  private static final Duration SILENCE = Duration.ofMillis(500);
  private static final Set<WorkStatus> LOCAL_ERRORS =
      EnumSet.of(WorkStatus.LOCAL_QP_ERROR, WorkStatus.LOCAL_PROTECTION_ERROR);

  @Test
  void shouldRefuseTheKeyOfAnotherDomain() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        ProtectionDomain domain = pair.context.createDomain()) {
      MemoryRegion foreign =
          domain.allocate(4096, Access.LOCAL_WRITE, Access.REMOTE_WRITE, Access.REMOTE_READ);
      shouldFail(pair, foreign.address(), foreign.rkey());
    }
  }

  @Test
  void shouldRefuseTheKeyOfAClosedRegion() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion region = pair.allocate();
      long address = region.address();
      int rkey = region.rkey();
      pair.leftPair.sends().signaled().write(1, pair.left, 0, 8, address, rkey).submit();
      assertTrue(pair.leftDone().succeeded());
      region.close();
      shouldFail(pair, address, rkey);
    }
  }

  /** The request is refused, both sides are in error, and everything queued is flushed. */
  private static void shouldFail(LoopbackPair pair, long address, int rkey) throws IOException {
    pair.rightPair.receives().receive(5, pair.right, 0, 8).submit();
    pair.leftPair
        .sends()
        .write(2, pair.left, 0, 8, address, rkey)
        .write(3, pair.left, 0, 8, address, rkey)
        .submit();
    assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, pair.leftDone().status());
    assertEquals(WorkStatus.FLUSHED, pair.leftDone().status());
    assertEquals(WorkStatus.FLUSHED, pair.rightDone().status());
    assertEquals(QueuePairState.ERR, pair.leftPair.state());
    assertEquals(QueuePairState.ERR, pair.rightPair.state());
  }

  @Test
  void shouldHearOfARefusedRequestByItsCompletionOnly() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      assumeTrue(
          pair.context.device().name().startsWith("rxe"),
          "hardware may report an access error to the passive side as an event");
      AsyncEvents events = pair.context.events();
      shouldFail(pair, pair.right.address(), pair.right.rkey() ^ 0x5500);
      for (int i = 0; i < 100; i++) {
        Optional<AsyncEvent> event = events.await(SILENCE);
        assertFalse(event.orElse(null) instanceof AsyncEvent.OfQueuePair, event::toString);
        if (event.isEmpty()) {
          return;
        }
      }
    }
  }

  @Test
  void shouldGiveUpAtOnceWithoutRetries() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(config -> config, ConnectOptions.defaults().withRnrRetry(0))) {
      long start = System.nanoTime();
      pair.leftPair.sends().signaled().send(1, pair.left, 0, 8).submit();
      assertEquals(WorkStatus.RNR_RETRY_EXCEEDED, pair.leftDone().status());
      assertTrue(System.nanoTime() - start < SILENCE.toNanos());
    }
  }

  @Test
  void shouldWaitForEverForAReceiveWithSevenRetries() throws IOException {
    try (LoopbackPair pair = new LoopbackPair(config -> config, patient().withMinRnrTimer(1))) {
      pair.leftPair.sends().signaled().send(1, pair.left, 0, 8).submit();
      // With less retries, this is over in a fiftieth of that time.
      assertFalse(pair.leftQueue.await(SILENCE));
      assertEquals(QueuePairState.RTS, pair.leftPair.state());
      pair.rightPair.receives().receive(2, pair.right, 0, 8).submit();
      assertEquals(WorkStatus.SUCCESS, pair.leftDone().status());
      assertEquals(new Done(2, WorkStatus.SUCCESS, WorkKind.RECEIVE, 8), pair.rightDone());
    }
  }

  /**
   * Retries for ever without a receive. The timeout is long, because soft-RoCE lets it run while it
   * waits for a receive: with short ones it gives up as if the peer were gone.
   */
  private static ConnectOptions patient() {
    return ConnectOptions.defaults().withRnrRetry(7).withTimeout(18);
  }

  @Test
  void shouldFailQueuedRequestsWhoseRegionIsClosed() throws IOException {
    try (LoopbackPair pair = new LoopbackPair(config -> config, patient())) {
      MemoryRegion region = pair.allocate();
      // It is queued for as long as the peer has no receive for it.
      pair.leftPair.sends().signaled().send(1, region, 0, 4096).submit();
      assertFalse(pair.leftQueue.await(SILENCE));
      region.close();
      pair.rightPair.receives().receive(2, pair.right, 0, 4096).submit();
      Done done = pair.leftDone();
      assertEquals(1, done.id());
      assertTrue(LOCAL_ERRORS.contains(done.status()), done::toString);
      assertEquals(QueuePairState.ERR, pair.leftPair.state());
    }
  }
}
