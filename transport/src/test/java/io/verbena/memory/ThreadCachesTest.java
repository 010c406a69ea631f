package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Free blocks that lie in the caches of threads. */
class ThreadCachesTest extends SmallAllocator {
  @Test
  void shouldGiveTheMemoryOfEndedThreadsToOthers() throws InterruptedException {
    for (int i = 0; i < 200; i++) {
      Thread thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    List<ByteBuf> buffers = new ArrayList<>();
                    for (int k = 0; k < 100; k++) {
                      buffers.add(allocator.directBuffer(4096));
                    }
                    buffers.forEach(ByteBuf::release);
                  });
      thread.join();
    }
    assertTrue(allocator.metrics().registeredBytes() <= 2 * SLAB);
  }

  @Test
  void shouldServeVirtualThreadsWithoutACacheForEach() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int k = 0; k < 20; k++) {
                      ByteBuf buffer = allocator.directBuffer(1024).writeInt(k);
                      LockSupport.parkNanos(1);
                      assertEquals(k, buffer.readInt());
                      buffer.release();
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(0, allocator.metrics().usedBytes());
    assertTrue(allocator.metrics().registeredBytes() <= 8 * SLAB);
    assertNotEquals(0, allocator.metrics().cachedBytes());
  }

  @Test
  void shouldCountTheCopiesOfAllThreadsAlsoOfThoseThatHaveEnded() throws InterruptedException {
    int each = 100;
    for (int i = 0; i < 20; i++) {
      Thread.ofPlatform().start(() -> copy(each)).join();
      Thread.ofVirtual().start(() -> copy(each)).join();
    }
    copy(each);
    allocator.trim();
    assertEquals(41L * each, allocator.metrics().copies());
    assertEquals(41L * each * 8, allocator.metrics().copiedBytes());
  }

  private void copy(int times) {
    var ranges = new BufferRanges(1);
    for (int i = 0; i < times; i++) {
      allocator.register(Unpooled.directBuffer(8).writeLong(i), ranges).release();
    }
  }

  @Test
  void shouldGiveBackWhatIsFreeInTheCachesOfOtherThreads() throws InterruptedException {
    var released = new AtomicBoolean();
    var again = new AtomicBoolean();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  allocator.directBuffer(4096).release();
                  released.set(true);
                  while (!again.get()) {
                    Thread.onSpinWait();
                  }
                  allocator.directBuffer(4096).release();
                });
    while (!released.get()) {
      Thread.onSpinWait();
    }
    assertNotEquals(0, allocator.metrics().cachedBytes());
    assertEquals(SLAB, allocator.trim());
    assertEquals(0, allocator.metrics().cachedBytes());
    again.set(true);
    thread.join();
    assertTrue(allocator.metrics().cachedBytes() > 0, "the thread fills its cache again");
  }
}
