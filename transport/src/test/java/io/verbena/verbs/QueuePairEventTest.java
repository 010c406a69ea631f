package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
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

/**
 * What the adapter reports about queue pairs. The specification leaves most of it to the adapter,
 * and none says beforehand what it reports: so each test makes the thing happen, proves it, and
 * then is content with silence, but not with a wrong report.
 *
 * <p>Soft-RoCE of Linux 6.1 reports only SEND_QUEUE_DRAINED about queue pairs, see {@link
 * AsyncEventTest}. Of the rest, no test can bring about:
 *
 * <ul>
 *   <li>QUEUE_PAIR_FATAL: the adapter failed in a way that no completion can tell.
 *   <li>PATH_MIGRATED, PATH_MIGRATION_ERROR: only InfiniBand has alternate paths.
 * </ul>
 */
@RdmaTest
class QueuePairEventTest {
  private static final Duration SOON = Duration.ofSeconds(1);

  @Test
  void shouldReportTheFirstMessageToAQueuePairThatCannotSendYet() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      AsyncEvents events = fixture.context.events();
      ProtectionDomain domain = fixture.context.createDomain();
      CompletionQueue queue = fixture.context.createCompletionQueue(512);
      MemoryRegion region = domain.allocate(4096, Access.LOCAL_WRITE);
      QueuePair sender = domain.createQueuePair(QueuePairConfig.reliable(queue));
      QueuePair receiver = domain.createQueuePair(QueuePairConfig.reliable(queue));
      QueuePairAddress there = receiver.address(fixture.port, fixture.gidIndex);
      ConnectPlan plan =
          new ConnectPlan(
              QueuePairType.RELIABLE,
              there,
              sender.address(fixture.port, fixture.gidIndex),
              ConnectOptions.defaults(),
              fixture.context.attributes(),
              fixture.context.port(fixture.port));
      receiver.modify(plan.toInit());
      receiver.modify(plan.toReceive());
      sender.connect(there);
      assertTrue(receiver.receives().receive(1, region, 0, 64).submit());
      assertTrue(sender.sends().signaled().send(2, region, 64, 64).submit());
      for (Done done : LoopbackPair.done(queue, 2)) {
        assertTrue(done.succeeded(), done::toString);
      }
      assertEquals(QueuePairState.RTR, receiver.state());
      expect(events, receiver, EnumSet.of(AsyncEventType.COMMUNICATION_ESTABLISHED));
    }
  }

  @Test
  void shouldReportTheLastReceiveThatAFailedQueuePairTookFromASharedQueue() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      AsyncEvents events = pair.context.events();
      SharedReceiveQueue shared = pair.domain.createSharedReceiveQueue(16, 1);
      QueuePair taker =
          pair.domain.createQueuePair(
              QueuePairConfig.reliable(pair.leftQueue).withSharedReceiveQueue(shared));
      taker.connect(taker.address(pair.port, pair.gidIndex));
      assertTrue(shared.receives().receive(1, pair.left, 0, 64).submit());
      assertTrue(taker.sends().signaled().send(2, pair.left, 64, 64).submit());
      for (Done done : pair.leftDone(2)) {
        assertTrue(done.succeeded(), done::toString);
      }
      taker.modify(new QueuePairTransition.ToError());
      assertEquals(QueuePairState.ERR, taker.state());
      expect(events, taker, EnumSet.of(AsyncEventType.LAST_REQUEST_REACHED));
    }
  }

  @Test
  void shouldReportARequestWithoutRight() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      AsyncEvents events = pair.context.events();
      pair.leftPair
          .sends()
          .write(1, pair.left, 0, 8, pair.right.address(), pair.right.rkey() ^ 0x5500)
          .submit();
      assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, pair.leftDone().status());
      expect(
          events,
          pair.rightPair,
          EnumSet.of(
              AsyncEventType.QUEUE_PAIR_ACCESS_ERROR, AsyncEventType.QUEUE_PAIR_REQUEST_ERROR));
    }
  }

  @Test
  void shouldReportARequestThatTheQueuePairDoesNotAllow() throws IOException {
    ConnectOptions options = ConnectOptions.defaults().withAccess(Set.of(Access.REMOTE_WRITE));
    try (LoopbackPair pair = new LoopbackPair(config -> config, options)) {
      AsyncEvents events = pair.context.events();
      pair.leftPair
          .sends()
          .read(1, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
          .submit();
      WorkStatus status = pair.leftDone().status();
      assertTrue(
          EnumSet.of(WorkStatus.REMOTE_INVALID_REQUEST, WorkStatus.REMOTE_ACCESS_ERROR)
              .contains(status),
          status::toString);
      expect(
          events,
          pair.rightPair,
          EnumSet.of(
              AsyncEventType.QUEUE_PAIR_ACCESS_ERROR, AsyncEventType.QUEUE_PAIR_REQUEST_ERROR));
    }
  }

  /** One of these comes about this queue pair, or none; anything else about it is wrong. */
  private static void expect(AsyncEvents events, QueuePair pair, Set<AsyncEventType> types)
      throws VerbsException {
    boolean reported = false;
    long deadline = System.nanoTime() + SOON.toNanos();
    for (long left = SOON.toNanos(); left > 0; left = deadline - System.nanoTime()) {
      Optional<AsyncEvent> event = events.await(Duration.ofNanos(left));
      if (event.orElse(null) instanceof AsyncEvent.OfQueuePair(var type, var about)) {
        assertTrue(types.contains(type), event::toString);
        assertSame(pair, about.orElseThrow());
        reported = true;
      }
    }
    assumeTrue(reported, "this adapter reports none of " + types);
  }
}
