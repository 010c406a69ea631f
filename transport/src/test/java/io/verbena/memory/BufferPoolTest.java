package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much memory there is: growth, the ceiling, refusals and the end. */
class BufferPoolTest extends SmallAllocator {
  @Test
  void shouldRegisterBigBuffersOnTheirOwnAndGiveThemBack() {
    ByteBuf big = allocator.directBuffer(5 * SLAB);
    assertTrue(allocator.owns(big));
    assertTrue(allocator.metrics().registeredBytes() >= 5 * SLAB);
    big.setByte(5 * SLAB - 1, 1);
    big.release();
    assertEquals(0, allocator.metrics().registeredBytes());
  }

  @Test
  void shouldRegisterOnItsOwnWhatIsLongerThanTheLargestSlab() {
    try (RegisteredByteBufAllocator small = allocatorOfSmallSlabs()) {
      ByteBuf kept = small.directBuffer(1000);
      small.directBuffer(SLAB).release();
      assertEquals(Slab.UNIT, small.metrics().registeredBytes());
      small.directBuffer(Slab.UNIT + 1).release();
      assertEquals(Slab.UNIT, small.metrics().registeredBytes());
      small.directBuffer(Slab.UNIT).release();
      assertEquals(2 * Slab.UNIT, small.metrics().registeredBytes(), "not longer: it is kept");
      kept.release();
    }
  }

  private RegisteredByteBufAllocator allocatorOfSmallSlabs() {
    return new RegisteredByteBufAllocator(
        domain, BufferPoolConfig.defaults().withSlabs(Slab.UNIT, Slab.UNIT).withCeiling(16 * SLAB));
  }

  @Test
  void shouldGrowByDoublingUpToTheCeilingAndSayWhatHelps() {
    List<ByteBuf> buffers = new ArrayList<>();
    var refusal =
        assertThrows(
            OutOfRegisteredMemoryException.class,
            () -> {
              for (int i = 0; i < 17; i++) {
                buffers.add(allocator.directBuffer(SLAB - 1));
              }
            });
    assertEquals(16, buffers.size());
    assertEquals(SLAB - 1, refusal.requestedBytes(), "not the block");
    assertEquals(16 * SLAB, refusal.ceilingBytes());
    assertEquals(16 * SLAB, refusal.usedBytes());
    assertEquals(16 * SLAB, refusal.registeredBytes());
    assertTrue(String.valueOf(refusal.getMessage()).contains("raise ceilingBytes"));
    // 1 + 1 + 2 + 4 MiB, then 1 MiB each.
    assertEquals(12, allocator.metrics().registrations());
    assertEquals(1, allocator.metrics().refusals());

    buffers.removeLast().release();
    allocator.directBuffer(SLAB).release();
    buffers.forEach(ByteBuf::release);
    assertEquals(16 * SLAB, allocator.trim());
  }

  @Test
  void shouldNeverHaveMoreIdleThanA64thOnceItIsBig() {
    int first = Slab.UNIT;
    int length = 1024;
    var growing =
        new RegisteredByteBufAllocator(
            domain, BufferPoolConfig.defaults().withSlabs(first, SLAB).withCeiling(16 * SLAB));
    List<ByteBuf> buffers = new ArrayList<>();
    long mostIdle = 0;
    for (int used = length; used <= 16 * SLAB; used += length) {
      buffers.add(growing.directBuffer(length));
      long idle = growing.metrics().registeredBytes() - used;
      mostIdle = Math.max(mostIdle, idle);
      if (used > 8 * first) {
        assertTrue(idle <= Math.max(first, used / 64), "%d of %d".formatted(idle, used));
      }
    }
    // Slabs did become bigger.
    assertTrue(mostIdle > 2L * first, "idle: " + mostIdle);
    buffers.forEach(ByteBuf::release);
    growing.close();
    assertEquals(0, growing.metrics().registeredBytes());
  }

  @Test
  void shouldUseMemoryThatLiesFreeInOtherSizesBeforeItRefuses() {
    List<ByteBuf> small = new ArrayList<>();
    for (int i = 0; i < 16 * SLAB / 1024; i++) {
      small.add(allocator.directBuffer(1024));
    }
    assertEquals(16 * SLAB, allocator.metrics().registeredBytes());
    assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(64));
    small.forEach(ByteBuf::release);
    ByteBuf big = allocator.directBuffer(SLAB);
    ByteBuf huge = allocator.directBuffer(3 * SLAB);
    big.release();
    huge.release();
  }

  /** To register a gigabyte takes a good part of a second. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldServeOthersWhileItRegistersMore() throws InterruptedException {
    var asked = new CountDownLatch(1);
    var answer = new CountDownLatch(1);
    var slow =
        new RegisteredByteBufAllocator(
            bytes -> {
              if (bytes > SLAB) {
                asked.countDown();
                awaitUninterruptibly(answer);
              }
              return domain.allocate(bytes);
            },
            BufferPoolConfig.defaults().withSlabs(SLAB, SLAB).withCeiling(16 * SLAB),
            true);
    slow.directBuffer(100).release();
    List<ByteBuf> grown = new ArrayList<>();
    Thread thread = Thread.ofPlatform().start(() -> grown.add(slow.directBuffer(2 * SLAB)));
    asked.await();
    // Of other sizes each, which are not in this thread's cache; the first slab has room for all.
    for (int bytes = 128; bytes <= 1024; bytes *= 2) {
      slow.directBuffer(bytes).release();
    }
    assertEquals(SLAB, slow.metrics().registeredBytes());
    answer.countDown();
    thread.join();
    assertEquals(3 * SLAB, slow.metrics().registeredBytes());
    assertEquals(2 * SLAB, slow.metrics().usedBytes());
    grown.getFirst().release();
    slow.close();
    assertEquals(0, slow.metrics().registeredBytes());
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** To deregister one takes as long, and may have to wait for what uses it. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldServeOthersWhileItGivesSlabsBack() throws Exception {
    assertEquals(SLAB, trimWhileOthersAllocate(allocator, SLAB, 125));
  }

  /** Where three blocks of 48 KiB share a slab, which is longer than slabs usually are. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldServeOthersWhileItGivesBackASlabThatIsLongerThanOthers() throws Exception {
    try (RegisteredByteBufAllocator small = allocatorOfSmallSlabs()) {
      assertEquals(3 * Slab.UNIT, trimWhileOthersAllocate(small, 48 << 10, 1000));
    }
  }

  /**
   * Gives a slab back while somebody uses it; returns its bytes.
   *
   * @param length of a buffer that has been in the slab
   * @param least of what is allocated meanwhile: the heap has no other size in a slab of one unit
   */
  private long trimWhileOthersAllocate(RegisteredByteBufAllocator trimmed, int length, int least)
      throws Exception {
    var given = new AtomicLong();
    long access = domain.beginAccess();
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      ByteBuf kept = other.submit(() -> trimmed.directBuffer(1000)).get();
      other.submit(() -> trimmed.directBuffer(length).release()).get();
      long before = trimmed.metrics().registeredBytes();
      Thread thread = Thread.ofPlatform().start(() -> given.set(trimmed.trim()));
      try {
        while (thread.getState() != Thread.State.WAITING) {
          Thread.sleep(1);
        }
        other.submit(() -> allocateSmallOnes(trimmed, least)).get(20, TimeUnit.SECONDS);
        assertTrue(thread.isAlive(), "it waits until the access is over");
      } finally {
        domain.endAccess(access);
      }
      thread.join();
      assertEquals(before - given.get(), trimmed.metrics().registeredBytes());
      kept.release();
    }
    return given.get();
  }

  /** Of a size that the thread's cache has; of others, which the depots and the heap have. */
  private static void allocateSmallOnes(RegisteredByteBufAllocator from, int least) {
    for (int bytes = least; bytes <= 1000; bytes *= 2) {
      from.directBuffer(bytes).release();
    }
  }

  @Test
  void shouldStayUsableWhenRegisteringFails() {
    ByteBuf before = allocator.directBuffer(SLAB);
    broken.set(true);
    var refusal =
        assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(SLAB));
    assertTrue(String.valueOf(refusal.getMessage()).contains("the device is gone"));
    before.release();
    allocator.directBuffer(SLAB).release();
    broken.set(false);
    ByteBuf first = allocator.directBuffer(SLAB);
    ByteBuf second = allocator.directBuffer(SLAB);
    first.release();
    second.release();
  }

  @Test
  void shouldNotTellToRaiseTheCeilingWhereThatCannotHelp() {
    var refusal =
        assertThrows(
            OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(Integer.MAX_VALUE));
    String message = String.valueOf(refusal.getMessage());
    assertFalse(message.contains("ceilingBytes"), message);
    assertTrue(message.contains("divide it"), message);
    var tooHigh =
        assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(1 << 30));
    assertTrue(String.valueOf(tooHigh.getMessage()).contains("raise ceilingBytes"));
  }

  @Test
  void shouldCountRefusedGrowthThatDrainingMadeUpFor() {
    List<ByteBuf> small = new ArrayList<>();
    for (int i = 0; i < 16 * SLAB / 1024; i++) {
      small.add(allocator.directBuffer(1024));
    }
    assertEquals(0, allocator.metrics().refusedGrowth());
    small.forEach(ByteBuf::release);
    assertEquals(0, allocator.metrics().refusals());
    // The free blocks are in depots and in this thread's cache, none of this size.
    List<ByteBuf> big = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      big.add(allocator.directBuffer(SLAB));
    }
    assertEquals(0, allocator.metrics().refusals());
    assertNotEquals(0, allocator.metrics().refusedGrowth());
    big.forEach(ByteBuf::release);
  }

  @Test
  void shouldDeferClosingWhileBuffersAreInUse() {
    ByteBuf buffer = allocator.directBuffer(100).writeLong(42);
    allocator.directBuffer(100_000).release();
    allocator.close();
    allocator.close();
    assertTrue(allocator.metrics().registeredBytes() > 0);
    assertEquals(42, buffer.getLong(0));
    assertThrows(IllegalStateException.class, () -> allocator.directBuffer(8));
    assertThrows(IllegalStateException.class, () -> allocator.directBuffer(8 * SLAB));
    buffer.release();
    assertEquals(0, allocator.metrics().registeredBytes());
  }

  @Test
  void shouldSayWhoHoldsBuffersUnderLeakDetection() {
    Level before = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(Level.PARANOID);
    try {
      ByteBuf buffer = allocator.directBuffer(100);
      ByteBuf grown = allocator.directBuffer(100).capacity(5000);
      String holders = allocator.holders();
      assertTrue(holders.contains("shouldSayWhoHoldsBuffersUnderLeakDetection"), holders);
      assertTrue(allocator.owns(buffer), "through Netty's wrapper");
      ByteBuf retained = buffer.retainedSlice(0, 10);
      retained.release();
      buffer.release();
      grown.release();
      assertFalse(allocator.holders().contains("shouldSay"));
    } finally {
      ResourceLeakDetector.setLevel(before);
    }
  }

  @Test
  void shouldSayWhichPlacesHoldMostBuffers() {
    Level before = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(Level.PARANOID);
    try {
      List<ByteBuf> buffers = new ArrayList<>();
      // Eleven places, one of them three times.
      buffers.add(allocator.directBuffer(1));
      buffers.add(allocator.directBuffer(2));
      buffers.add(allocator.directBuffer(3));
      buffers.add(allocator.directBuffer(4));
      buffers.add(allocator.directBuffer(5));
      for (int i = 0; i < 3; i++) {
        buffers.add(often());
      }
      buffers.add(allocator.directBuffer(6));
      buffers.add(allocator.directBuffer(7));
      buffers.add(allocator.directBuffer(8));
      buffers.add(allocator.directBuffer(9));
      buffers.add(allocator.directBuffer(10));
      String holders = allocator.holders();
      String most = BufferPoolTest.class.getName() + ".often(";
      assertTrue(holders.contains("3 of 300 bytes together in "), holders);
      assertTrue(holders.substring(0, holders.indexOf(';')).contains(most), holders);
      assertEquals(11, holders.split("; ").length, holders);
      assertTrue(holders.endsWith("and 1 more places"), holders);
      buffers.forEach(ByteBuf::release);
    } finally {
      ResourceLeakDetector.setLevel(before);
    }
  }

  private ByteBuf often() {
    return allocator.directBuffer(100);
  }
}
