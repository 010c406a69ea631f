package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.verbena.RdmaTest;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_qp_attr;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What the adapter reports without being asked. */
@RdmaTest
class AsyncEventTest {
  private static final Duration SOON = Duration.ofMillis(200);

  @Test
  void shouldReportAPortThatGoesDownAndComesBack() throws Exception {
    try (DeviceFixture fixture = new DeviceFixture()) {
      AsyncEvents events = fixture.context.events();
      try (GuestLink link = GuestLink.of(fixture)) {
        link.down();
        assertEquals(
            new AsyncEvent.OfPort(AsyncEventType.PORT_ERROR, fixture.port),
            next(events, event -> event.type() == AsyncEventType.PORT_ERROR));
        assertEquals(PortState.DOWN, fixture.context.port(fixture.port).state());
      }
      assertEquals(
          new AsyncEvent.OfPort(AsyncEventType.PORT_ACTIVE, fixture.port),
          next(events, event -> event.type() == AsyncEventType.PORT_ACTIVE));
      assertEquals(PortState.ACTIVE, fixture.context.port(fixture.port).state());
    }
  }

  @Test
  void shouldNameTheQueueThatRanOver() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        CompletionQueue queue = pair.context.createCompletionQueue(4)) {
      overrun(pair, queue);
      AsyncEvent event = next(pair.context.events(), AsyncEventTest::isOverrun);
      assertSame(queue, ((AsyncEvent.OfCompletionQueue) event).queue().orElseThrow());
    }
  }

  @Test
  void shouldNameTheSharedQueueThatRunsLow() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      SharedReceiveQueue shared = pair.domain.createSharedReceiveQueue(16, 1);
      QueuePair second =
          pair.domain.createQueuePair(
              QueuePairConfig.reliable(pair.leftQueue).withSharedReceiveQueue(shared));
      second.connect(second.address(pair.port, pair.gidIndex));
      for (int i = 0; i < 3; i++) {
        shared.receives().receive(i, pair.left, i * 64L, 64);
      }
      assertTrue(shared.receives().submit());
      shared.arm(2);
      AsyncEvents events = pair.context.events();
      assertFalse(events.await(SOON).filter(AsyncEventTest::isLimit).isPresent());
      for (int i = 0; i < 2; i++) {
        second.sends().send(10 + i, pair.left, 1024, 8);
      }
      assertTrue(second.sends().submit());
      AsyncEvent event = next(events, AsyncEventTest::isLimit);
      assertSame(shared, ((AsyncEvent.OfSharedReceiveQueue) event).queue().orElseThrow());
      assertTimeoutPreemptively(LoopbackPair.PATIENCE, shared::close);
    }
  }

  private static boolean isLimit(AsyncEvent event) {
    return event.type() == AsyncEventType.SHARED_RECEIVE_QUEUE_LIMIT_REACHED;
  }

  @Test
  void shouldReportADrainedSendQueue() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      assertEquals(0, beginToDrain(pair.leftPair));
      AsyncEvent event =
          next(pair.context.events(), e -> e.type() == AsyncEventType.SEND_QUEUE_DRAINED);
      assertSame(pair.leftPair, ((AsyncEvent.OfQueuePair) event).queuePair().orElseThrow());
    }
  }

  @Test
  void shouldNotWaitForEventsThatNobodyReads() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      AsyncEvents events = pair.context.events();
      CompletionQueue queue = pair.context.createCompletionQueue(4);
      overrun(pair, queue);
      // One event is read, which proves that there were some; the others are not.
      next(events, AsyncEventTest::isOverrun);
      assertTimeoutPreemptively(LoopbackPair.PATIENCE, queue::close);
      long deadline = System.nanoTime() + SOON.toNanos();
      while (System.nanoTime() < deadline) {
        Optional<AsyncEvent> late = events.await(SOON);
        assertFalse(late.filter(AsyncEventTest::isOverrun).isPresent(), () -> "read " + late);
      }
    }
  }

  @Test
  void shouldCloseWhileAnotherThreadReads() throws Exception {
    int read = 0;
    for (int round = 0; round < 10; round++) {
      try (LoopbackPair pair = new LoopbackPair()) {
        AsyncEvents events = pair.context.events();
        CompletionQueue queue = pair.context.createCompletionQueue(4);
        CompletableFuture<Integer> reader =
            start(
                () -> {
                  int overruns = 0;
                  while (true) {
                    try {
                      overruns +=
                          events.await(SOON).filter(AsyncEventTest::isOverrun).isPresent() ? 1 : 0;
                    } catch (IllegalStateException e) {
                      assertTrue(e.getMessage().contains("is closed"), e.getMessage());
                      return overruns;
                    }
                  }
                });
        overrun(pair, queue);
        assertTimeoutPreemptively(LoopbackPair.PATIENCE, queue::close);
        assertTimeoutPreemptively(LoopbackPair.PATIENCE, pair.context::close);
        read += reader.get(20, TimeUnit.SECONDS);
      }
    }
    assertTrue(read > 0, "no event was read while its queue was closed");
  }

  @Test
  void shouldWakeUpOnDemandAndWhenClosed() throws Exception {
    try (DeviceFixture fixture = new DeviceFixture()) {
      AsyncEvents events = fixture.context.events();
      drain(events);
      CompletableFuture<Optional<AsyncEvent>> woken =
          start(() -> events.await(LoopbackPair.PATIENCE));
      Thread.sleep(50);
      events.wakeup();
      assertEquals(Optional.empty(), woken.get(10, TimeUnit.SECONDS));
      CompletableFuture<Optional<AsyncEvent>> closed =
          start(() -> events.await(LoopbackPair.PATIENCE));
      Thread.sleep(50);
      events.close();
      ExecutionException e =
          assertThrows(ExecutionException.class, () -> closed.get(10, TimeUnit.SECONDS));
      assertTrue(e.getMessage().contains("is closed"), e.getMessage());
      assertThrows(IllegalStateException.class, () -> events.await(Duration.ZERO));
      events.wakeup();
    }
  }

  @Test
  void shouldHaveOneStreamAndMakeAnotherWhenItIsClosed() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      AsyncEvents events = fixture.context.events();
      assertSame(events, fixture.context.events());
      assertSame(fixture.context, events.context());
      events.close();
      assertNotSame(events, fixture.context.events());
      drain(fixture.context.events());
      long start = System.nanoTime();
      assertEquals(Optional.empty(), fixture.context.events().await(Duration.ofMillis(50)));
      assertTrue(System.nanoTime() - start >= 50_000_000);
    }
  }

  private static boolean isOverrun(AsyncEvent event) {
    return event.type() == AsyncEventType.COMPLETION_QUEUE_ERROR;
  }

  /** Loses completions, which takes a lie: the queue's own account would refuse the queue pair. */
  private static void overrun(LoopbackPair pair, CompletionQueue queue) throws VerbsException {
    queue.sources().unreserve(1000);
    QueuePair second =
        pair.domain.createQueuePair(
            QueuePairConfig.reliable(queue).withReceiveQueue(pair.rightQueue).withReceiveDepth(1));
    second.connect(second.address(pair.port, pair.gidIndex));
    for (int i = 0; i < 64; i++) {
      second.sends().signaled().write(i, pair.left, 0, 8, pair.right.address(), pair.right.rkey());
    }
    assertTrue(second.sends().submit());
  }

  /** To SQD, with a wish to hear when it is reached. */
  private static int beginToDrain(QueuePair pair) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = ibv_qp_attr.allocate(arena);
      ibv_qp_attr.qp_state(attributes, Verbs.IBV_QPS_SQD());
      ibv_qp_attr.en_sqd_async_notify(attributes, (byte) 1);
      return Verbs.ibv_modify_qp(
          pair.handle, attributes, Verbs.IBV_QP_STATE() | Verbs.IBV_QP_EN_SQD_ASYNC_NOTIFY());
    }
  }

  private static AsyncEvent next(AsyncEvents events, Predicate<AsyncEvent> wanted)
      throws VerbsException {
    long deadline = System.nanoTime() + LoopbackPair.PATIENCE.toNanos();
    StringBuilder seen = new StringBuilder();
    while (System.nanoTime() < deadline) {
      AsyncEvent event = events.await(Duration.ofSeconds(1)).orElse(null);
      if (event != null && wanted.test(event)) {
        return event;
      }
      seen.append(event == null ? "" : event + " ");
    }
    return fail("the event did not come, only: " + seen);
  }

  /** Events of earlier tests' objects are gone, but ports and addresses may still change. */
  private static void drain(AsyncEvents events) throws VerbsException {
    for (int i = 0; i < 1000 && events.await(SOON).isPresent(); i++) {
      // Of no interest.
    }
  }

  private interface Task<T> {
    T run() throws Exception;
  }

  private static <T> CompletableFuture<T> start(Task<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                result.complete(task.run());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }
}
