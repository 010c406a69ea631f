package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Closing at any time, from any thread, in any order. */
@RdmaTest
class LifetimeTest {
  @Test
  void shouldCloseChildrenWithTheirParents() throws IOException {
    LoopbackPair pair = new LoopbackPair();
    List<NativeObject> all =
        List.of(
            pair.leftPair,
            pair.rightPair,
            pair.left,
            pair.right,
            pair.leftQueue,
            pair.leftQueue.channel(),
            pair.domain,
            pair.context);
    pair.context.close();
    for (NativeObject each : all) {
      assertFalse(each.isOpen(), each::toString);
      each.close();
    }
  }

  @Test
  void shouldCloseQueuePairsWithTheirCompletionQueue() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.leftQueue.close();
      assertFalse(pair.leftPair.isOpen());
      assertTrue(pair.rightPair.isOpen());
      assertTrue(pair.left.isOpen());
    }
  }

  @Test
  void shouldRefuseUseAfterClose() throws IOException {
    LoopbackPair pair = new LoopbackPair();
    SendBatch sends = pair.leftPair.sends().send(1, pair.left, 0, 8);
    ReceiveBatch receives = pair.leftPair.receives().receive(1, pair.left, 0, 8);
    MemorySegment memory = pair.left.memory();
    pair.close();
    for (var call :
        List.<org.junit.jupiter.api.function.Executable>of(
            sends::submit,
            receives::submit,
            () -> sends.send(2, pair.left, 0, 8),
            () -> pair.leftQueue.poll(),
            () -> pair.leftQueue.arm(false),
            () -> pair.leftQueue.await(Duration.ZERO),
            () -> pair.leftQueue.channel().await(Duration.ZERO),
            () -> pair.leftPair.state(),
            () -> pair.leftPair.address(pair.port, pair.gidIndex),
            () -> pair.leftPair.modify(new QueuePairTransition.ToError()),
            () -> pair.domain.allocate(64),
            () -> pair.domain.createQueuePair(QueuePairConfig.reliable(pair.leftQueue)),
            () -> pair.context.gids(pair.port),
            () -> memory.get(ValueLayout.JAVA_BYTE, 0))) {
      IllegalStateException e = assertThrows(IllegalStateException.class, call);
      assertTrue(e.getMessage().toLowerCase(Locale.ROOT).contains("closed"), e.getMessage());
    }
    pair.leftQueue.wakeup();
    pair.leftQueue.channel().wakeup();
  }

  @Test
  void shouldKeepRegisteredMemoryOfTheCaller() throws IOException {
    try (Arena arena = Arena.ofShared();
        DeviceFixture fixture = new DeviceFixture();
        ProtectionDomain domain = fixture.context.createDomain()) {
      MemorySegment memory = arena.allocate(4096);
      MemoryRegion region = domain.register(memory, Access.LOCAL_WRITE);
      assertSame(memory, region.memory());
      assertEquals(memory.address(), region.address());
      region.close();
      memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    }
  }

  @Test
  void shouldSkipWhatAClosedQueuePairLeftBehind() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      QueuePair second =
          pair.domain.createQueuePair(
              QueuePairConfig.reliable(pair.leftQueue).withReceiveDepth(64));
      second.connect(second.address(pair.port, pair.gidIndex));
      for (int i = 0; i < 20; i++) {
        second.receives().receive(i, pair.left, 0, 8);
      }
      second.receives().submit();
      second.modify(new QueuePairTransition.ToError());
      assertTrue(pair.leftQueue.await(LoopbackPair.PATIENCE));
      Completions cursor = pair.leftQueue.poll();
      assertTrue(cursor.next());
      assertSame(second, cursor.queuePair());
      second.close();
      assertFalse(cursor.next());
      assertFalse(pair.leftQueue.poll().next());
      pair.leftPair
          .sends()
          .signaled()
          .write(7, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
          .submit();
      assertEquals(7, pair.leftDone().id());
    }
  }

  @Test
  void shouldCloseWhileAnotherThreadPolls() throws Exception {
    for (int round = 0; round < 20; round++) {
      LoopbackPair pair = new LoopbackPair();
      CountDownLatch polling = new CountDownLatch(1);
      CompletableFuture<Long> poller =
          start(
              () -> {
                long polls = 0;
                try {
                  while (true) {
                    pair.leftQueue.poll().next();
                    if (++polls == 100) {
                      polling.countDown();
                    }
                  }
                } catch (IllegalStateException e) {
                  assertTrue(e.getMessage().contains("is closed"), e.getMessage());
                  return polls;
                }
              });
      assertTrue(polling.await(20, TimeUnit.SECONDS));
      pair.context.close();
      assertTrue(poller.get(20, TimeUnit.SECONDS) >= 100);
    }
  }

  @Test
  void shouldCloseWhileAnotherThreadPosts() throws Exception {
    for (int round = 0; round < 20; round++) {
      LoopbackPair pair = new LoopbackPair();
      CountDownLatch posting = new CountDownLatch(1);
      CompletableFuture<Long> poster =
          start(
              () -> {
                long posts = 0;
                try {
                  while (true) {
                    pair.leftPair
                        .sends()
                        .write(1, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
                        .submit();
                    pair.leftQueue.poll().next();
                    if (++posts == 50) {
                      posting.countDown();
                    }
                  }
                } catch (IllegalStateException e) {
                  assertTrue(e.getMessage().contains("is closed"), e.getMessage());
                  return posts;
                }
              });
      assertTrue(posting.await(20, TimeUnit.SECONDS));
      NativeObject victim =
          List.of(pair.leftPair, pair.leftQueue, pair.left, pair.domain, pair.context)
              .get(round % 5);
      victim.close();
      assertTrue(poster.get(20, TimeUnit.SECONDS) >= 50);
      pair.close();
    }
  }

  @Test
  void shouldResetWhileAnotherThreadPosts() throws Exception {
    try (LoopbackPair pair = new LoopbackPair()) {
      AtomicBoolean stop = new AtomicBoolean();
      CountDownLatch posting = new CountDownLatch(1);
      CompletableFuture<Long> poster =
          start(
              () -> {
                long refused = 0;
                for (long posts = 0; !stop.get(); posts++) {
                  try {
                    pair.leftPair
                        .sends()
                        .write(1, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
                        .submit();
                  } catch (IllegalStateException e) {
                    String message = e.getMessage();
                    assertTrue(
                        message.contains("reset")
                            || message.contains("connect the queue pair first"),
                        message);
                    pair.leftPair.sends().clear();
                    refused++;
                  }
                  pair.leftQueue.poll().next();
                  if (posts == 50) {
                    posting.countDown();
                  }
                }
                return refused;
              });
      assertTrue(posting.await(20, TimeUnit.SECONDS));
      for (int round = 0; round < 30; round++) {
        for (QueuePair each : List.of(pair.leftPair, pair.rightPair)) {
          each.modify(new QueuePairTransition.ToReset());
        }
        QueuePairAddress left = pair.leftPair.address(pair.port, pair.gidIndex);
        pair.leftPair.connect(pair.rightPair.address(pair.port, pair.gidIndex));
        pair.rightPair.connect(left);
      }
      stop.set(true);
      assertTrue(poster.get(20, TimeUnit.SECONDS) > 0, "no post met a reset");
    }
  }

  @Test
  void shouldCloseWithTrafficInFlight() throws IOException {
    for (int round = 0; round < 20; round++) {
      LoopbackPair pair = new LoopbackPair();
      for (int i = 0; i < 100; i++) {
        pair.leftPair
            .sends()
            .write(i, pair.left, 0, 16_384, pair.right.address(), pair.right.rkey());
      }
      pair.leftPair.sends().submit();
      switch (round % 4) {
        case 0 -> pair.left.close();
        case 1 -> pair.right.close();
        case 2 -> pair.leftPair.close();
        default -> pair.rightPair.close();
      }
      pair.close();
    }
  }

  @Test
  void shouldSurviveClosingInAnyOrder() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 30; round++) {
      LoopbackPair pair = new LoopbackPair();
      List<NativeObject> all =
          new java.util.ArrayList<>(
              List.of(
                  pair.leftPair,
                  pair.rightPair,
                  pair.left,
                  pair.right,
                  pair.leftQueue,
                  pair.rightQueue,
                  pair.leftQueue.channel(),
                  pair.domain,
                  pair.context));
      java.util.Collections.shuffle(all, random);
      for (NativeObject each : all) {
        try {
          pair.leftPair.sends().send(1, pair.left, 0, 64).submit();
          pair.leftQueue.poll().next();
        } catch (IllegalStateException e) {
          assertTrue(e.getMessage().contains("is closed"), "seed " + seed + ": " + e);
        }
        each.close();
      }
    }
  }

  @Test
  void shouldGiveBackDescriptors() throws IOException {
    new LoopbackPair().close();
    long before = descriptors();
    for (int i = 0; i < 10; i++) {
      new LoopbackPair().close();
    }
    assertEquals(before, descriptors());
  }

  private static long descriptors() throws IOException {
    try (var list = Files.list(Path.of("/proc/self/fd"))) {
      return list.count();
    }
  }

  private interface Task {
    long run() throws Exception;
  }

  private static CompletableFuture<Long> start(Task task) {
    CompletableFuture<Long> result = new CompletableFuture<>();
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
