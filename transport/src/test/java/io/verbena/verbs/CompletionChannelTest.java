package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Sleeping until something is done. */
@RdmaTest
class CompletionChannelTest {
  @Test
  void shouldAwaitACompletion() throws Exception {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.rightPair.receives().receive(1, pair.right, 0, 64).submit();
      CompletableFuture<Boolean> awaiting = await(pair.rightQueue, LoopbackPair.PATIENCE);
      Thread.sleep(200);
      assertFalse(awaiting.isDone());
      pair.leftPair.sends().signaled().send(2, pair.left, 0, 5).submit();
      assertTrue(awaiting.get(20, TimeUnit.SECONDS));
      Completions done = pair.rightQueue.poll();
      assertTrue(done.next());
      assertEquals(1, done.id());
      assertEquals(5, done.byteCount());
    }
  }

  @Test
  void shouldNotLoseAWakeUp() throws IOException {
    // A ping-pong in which each side sleeps between all messages stops at the first that is lost.
    try (LoopbackPair pair = new LoopbackPair()) {
      for (int i = 0; i < 300; i++) {
        pair.rightPair.receives().receive(i, pair.right, 0, 64).submit();
        pair.leftPair.sends().signaled().send(i, pair.left, 0, 8).submit();
        assertTrue(pair.rightQueue.await(LoopbackPair.PATIENCE), "receive " + i);
        assertEquals(i, pair.rightDone().id());
        assertTrue(pair.leftQueue.await(LoopbackPair.PATIENCE), "send " + i);
        assertEquals(i, pair.leftDone().id());
      }
    }
  }

  @Test
  void shouldRefuseASecondThreadThatAwaits() throws Exception {
    try (LoopbackPair pair = new LoopbackPair()) {
      CompletionChannel channel = pair.leftQueue.channel();
      CompletableFuture<Boolean> first =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return channel.await(LoopbackPair.PATIENCE);
                } catch (VerbsException e) {
                  throw new AssertionError(e);
                }
              });
      Thread.sleep(200);
      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> channel.await(Duration.ofMillis(10)));
      assertTrue(e.getMessage().contains("another thread"), e.getMessage());
      channel.wakeup();
      assertFalse(first.get(20, TimeUnit.SECONDS));
      assertFalse(channel.await(Duration.ofMillis(10)));
    }
  }

  @Test
  void shouldReturnAfterTheTimeout() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      long start = System.nanoTime();
      assertFalse(pair.leftQueue.await(Duration.ofMillis(50)));
      long took = System.nanoTime() - start;
      assertTrue(took >= 50_000_000, "took only " + took);
      assertFalse(pair.leftQueue.await(Duration.ZERO));
      assertFalse(pair.leftQueue.await(Duration.ofSeconds(-1)));
    }
  }

  @Test
  void shouldReturnAtOnceWhenThereIsSomethingAlready() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.leftPair
          .sends()
          .signaled()
          .write(1, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
          .signaled()
          .write(2, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
          .submit();
      assertTrue(pair.leftQueue.await(LoopbackPair.PATIENCE));
      assertTrue(pair.leftQueue.await(Duration.ZERO));
      assertEquals(1, pair.leftDone(2).getFirst().id());
      assertFalse(pair.leftQueue.await(Duration.ZERO));
    }
  }

  @Test
  void shouldWakeUpFromAnotherThread() throws Exception {
    try (LoopbackPair pair = new LoopbackPair()) {
      CompletableFuture<Boolean> awaiting = await(pair.leftQueue, LoopbackPair.PATIENCE);
      Thread.sleep(100);
      pair.leftQueue.wakeup();
      assertFalse(awaiting.get(10, TimeUnit.SECONDS));
      // Without a sleeper, the next one does not sleep.
      pair.leftQueue.wakeup();
      assertFalse(await(pair.leftQueue, LoopbackPair.PATIENCE).get(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void shouldWakeUpWhenClosed() throws Exception {
    for (int round = 0; round < 15; round++) {
      LoopbackPair pair = new LoopbackPair();
      CompletableFuture<Boolean> awaiting = await(pair.leftQueue, LoopbackPair.PATIENCE);
      Thread.sleep(round * 3L);
      switch (round % 3) {
        case 0 -> pair.leftQueue.close();
        case 1 -> pair.leftQueue.channel().close();
        default -> pair.context.close();
      }
      ExecutionException e =
          assertThrows(ExecutionException.class, () -> awaiting.get(10, TimeUnit.SECONDS));
      assertInstanceOf(IllegalStateException.class, e.getCause());
      assertTrue(e.getCause().getMessage().contains("is closed"), e.getCause().getMessage());
      pair.close();
    }
  }

  @Test
  void shouldServeSeveralQueues() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        CompletionChannel channel = fixture.context.createCompletionChannel();
        ProtectionDomain domain = fixture.context.createDomain();
        MemoryRegion region = domain.allocate(4096, Access.LOCAL_WRITE);
        CompletionQueue sent = fixture.context.createCompletionQueue(128, channel);
        CompletionQueue received = fixture.context.createCompletionQueue(128, channel);
        QueuePair pair =
            domain.createQueuePair(QueuePairConfig.reliable(sent).withReceiveQueue(received))) {
      pair.connect(pair.address(fixture.port, fixture.gidIndex));
      assertFalse(channel.await(Duration.ofMillis(5)));
      sent.arm(false);
      received.arm(false);
      pair.receives().receive(1, region, 0, 8).submit();
      pair.sends().signaled().send(2, region, 8, 8).submit();
      boolean sentSeen = false;
      boolean receivedSeen = false;
      while (!(sentSeen && receivedSeen)) {
        assertTrue(channel.await(LoopbackPair.PATIENCE));
        sentSeen |= sent.poll().next();
        receivedSeen |= received.poll().next();
      }
    }
  }

  @Test
  void shouldWakeUpForSolicitedSendsOnly() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.rightPair.receives().receive(1, pair.right, 0, 8).receive(2, pair.right, 0, 8).submit();
      pair.rightQueue.arm(true);
      pair.leftPair.sends().signaled().send(1, pair.left, 0, 8).submit();
      assertTrue(pair.leftDone().succeeded());
      assertFalse(pair.rightQueue.channel().await(Duration.ofMillis(200)));
      pair.leftPair.sends().signaled().solicited().send(2, pair.left, 0, 8).submit();
      assertTrue(pair.rightQueue.channel().await(LoopbackPair.PATIENCE));
      assertEquals(2, pair.rightDone(2).size());
    }
  }

  private static CompletableFuture<Boolean> await(CompletionQueue queue, Duration timeout) {
    CompletableFuture<Boolean> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                result.complete(queue.await(timeout));
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }
}
