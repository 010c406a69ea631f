package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Counterparts of pyverbs' {@code CQTest}, and what ours do more. */
@RdmaTest
class PyverbsCqTest {
  @Test
  void createCq() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      int most = fixture.context.attributes().maxCompletionEntries();
      int vectors = fixture.context.completionVectors();
      assertTrue(vectors >= 1);
      for (int entries : new int[] {1, 100, most}) {
        for (int vector : new int[] {0, vectors - 1}) {
          CompletionQueueConfig config = CompletionQueueConfig.of(entries).withVector(vector);
          try (CompletionQueue queue = fixture.context.createCompletionQueue(config);
              CompletionQueue polled =
                  fixture.context.createCompletionQueue(config.withoutChannel())) {
            assertTrue(queue.capacity() >= entries);
            assertFalse(queue.poll().next());
            assertSame(queue.channel(), queue.channel());
            assertTrue(polled.capacity() >= entries);
            assertFalse(polled.poll().next());
          }
        }
      }
    }
  }

  @Test
  void badFlow() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      int most = fixture.context.attributes().maxCompletionEntries();
      VerbsException e =
          assertThrows(VerbsException.class, () -> fixture.context.createCompletionQueue(most + 1));
      assertEquals("EINVAL", e.errnoName());
      CompletionQueueConfig beyond =
          CompletionQueueConfig.of(1).withVector(fixture.context.completionVectors());
      assertThrows(
          IllegalArgumentException.class, () -> fixture.context.createCompletionQueue(beyond));
      assertThrows(IllegalArgumentException.class, () -> CompletionQueueConfig.of(0));
      assertThrows(
          IllegalArgumentException.class, () -> CompletionQueueConfig.of(1).withVector(-1));
    }
  }

  @Test
  void withCompChannel() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        CompletionChannel channel = fixture.context.createCompletionChannel();
        CompletionQueue queue = fixture.context.createCompletionQueue(10, channel)) {
      assertSame(channel, queue.channel());
      queue.arm(false);
      queue.arm(true);
      assertFalse(channel.await(Duration.ZERO));
      assertThrows(
          IllegalArgumentException.class,
          () -> new CompletionQueueConfig(1, channel, true, 0, CompletionTimestamp.NONE));
    }
  }

  @Test
  void shouldCloseWithItsChannel() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      CompletionChannel channel = fixture.context.createCompletionChannel();
      CompletionQueue queue = fixture.context.createCompletionQueue(10, channel);
      channel.close();
      assertFalse(queue.isOpen());
    }
  }

  @Test
  void resizeCq() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        CompletionQueue queue = fixture.context.createCompletionQueue(10)) {
      queue.resize(200);
      assertTrue(queue.capacity() >= 200, () -> "capacity " + queue.capacity());
      queue.resize(1);
      assertTrue(queue.capacity() >= 1);
      int most = fixture.context.attributes().maxCompletionEntries();
      int before = queue.capacity();
      VerbsException e = assertThrows(VerbsException.class, () -> queue.resize(most + 1));
      assertEquals("ibv_resize_cq", e.verb());
      assertEquals(before, queue.capacity());
      assertTrue(queue.isOpen());
      assertThrows(IllegalArgumentException.class, () -> queue.resize(0));
    }
  }

  @Test
  void shouldStayUsableForWhoPollsWhenTheDeviceRefusesToResize() throws Exception {
    try (DeviceFixture fixture = new DeviceFixture();
        CompletionQueue queue = fixture.context.createCompletionQueue(10)) {
      int most = fixture.context.attributes().maxCompletionEntries();
      AtomicBoolean done = new AtomicBoolean();
      CompletableFuture<Long> poller =
          CompletableFuture.supplyAsync(
              () -> {
                long polls = 0;
                while (!done.get()) {
                  try {
                    assertFalse(queue.poll().next());
                    assertTrue(queue.isOpen());
                  } catch (VerbsException e) {
                    throw new AssertionError(e);
                  }
                  polls++;
                }
                return polls;
              });
      for (int i = 0; i < 50; i++) {
        assertThrows(VerbsException.class, () -> queue.resize(most + 1));
        assertTrue(queue.isOpen());
        queue.resize(10 + i);
      }
      done.set(true);
      assertTrue(poller.get(20, TimeUnit.SECONDS) > 100);
    }
  }

  @Test
  void shouldNotShrinkBelowWhatQueuePairsNeed() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      int needed = pair.leftPair.sendDepth() + pair.leftPair.receiveDepth();
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> pair.leftQueue.resize(needed - 1));
      assertTrue(e.getMessage().contains("need " + needed), e.getMessage());
      pair.leftQueue.resize(needed);
      assertThrows(
          IllegalArgumentException.class,
          () ->
              pair.domain.createQueuePair(
                  QueuePairConfig.reliable(pair.leftQueue)
                      .withSendDepth(pair.leftQueue.capacity())));
      pair.leftQueue.resize(4 * needed);
      pair.domain.createQueuePair(QueuePairConfig.reliable(pair.leftQueue)).close();
    }
  }

  @Test
  void shouldLoseNothingWhenResizedUnderTraffic() throws Exception {
    try (LoopbackPair pair = new LoopbackPair()) {
      int needed = pair.leftPair.sendDepth() + pair.leftPair.receiveDepth();
      CompletableFuture<Integer> resizer = new CompletableFuture<>();
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                try {
                  for (int i = 1; i <= 40; i++) {
                    pair.leftQueue.resize(needed * (1 + i % 4));
                  }
                  resizer.complete(40);
                } catch (Throwable e) {
                  resizer.completeExceptionally(e);
                }
              });
      long expected = 0;
      long deadline = System.nanoTime() + LoopbackPair.PATIENCE.toNanos();
      while (!resizer.isDone() || expected < 200) {
        assertTrue(System.nanoTime() < deadline, "only " + expected + " completions");
        for (int i = 0; i < 10; i++) {
          pair.leftPair
              .sends()
              .signaled()
              .write(expected + i, pair.left, 0, 8, pair.right.address(), pair.right.rkey());
        }
        assertTrue(pair.leftPair.sends().submit());
        for (LoopbackPair.Done done : pair.leftDone(10)) {
          assertEquals(expected++, done.id());
          assertTrue(done.succeeded(), done::toString);
        }
      }
      assertEquals(40, resizer.get(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void shouldPollWithoutAChannel() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      CompletionQueue queue =
          pair.context.createCompletionQueue(CompletionQueueConfig.of(300).withoutChannel());
      QueuePair second = pair.domain.createQueuePair(QueuePairConfig.reliable(queue));
      second.connect(second.address(pair.port, pair.gidIndex));
      second
          .sends()
          .signaled()
          .write(5, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
          .submit();
      assertEquals(5, LoopbackPair.done(queue, 1).getFirst().id());
      for (var call :
          java.util.List.<org.junit.jupiter.api.function.Executable>of(
              queue::channel, () -> queue.arm(false), () -> queue.await(Duration.ofDays(1)))) {
        IllegalStateException e = assertThrows(IllegalStateException.class, call);
        assertTrue(e.getMessage().contains("has no channel"), e.getMessage());
      }
      queue.wakeup();
    }
  }

  @Test
  void shouldModerateOrSayWhyNot() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        CompletionQueue queue = fixture.context.createCompletionQueue(10)) {
      ExtendedDeviceAttributes.Moderation limits =
          fixture.context.extendedAttributes().moderation();
      if (limits.maxCompletions() > 0) {
        queue.moderate(1, Duration.ZERO);
        assertThrows(
            IllegalArgumentException.class,
            () -> queue.moderate(limits.maxCompletions() + 1, Duration.ZERO));
      } else {
        VerbsException e =
            assertThrows(VerbsException.class, () -> queue.moderate(1, Duration.ZERO));
        assertEquals("EOPNOTSUPP", e.errnoName());
        assertTrue(e.getMessage().contains("cannot batch"), e.getMessage());
      }
    }
  }
}
