package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.RdmaTest;
import io.verbena.cause.Cause;
import io.verbena.ffi.verbs.ibv_mr;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.BufferPoolMetrics;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.OutOfRegisteredMemoryException;
import io.verbena.memory.RegisteredByteBufAllocator;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an allocator does when the device does not let go of a slab, or is gone. */
@RdmaTest
class LostSlabTest {
  private static final int SLAB = 1 << 20;

  private final BufferPoolConfig config =
      BufferPoolConfig.defaults().withSlabs(SLAB, SLAB).withCeiling(3 * SLAB);

  @Test
  void shouldGoOnWithoutASlabThatTheDeviceDoesNotLetGoOf() throws IOException {
    long pinned = pinnedKilobytes();
    try (LoopbackPair pair = new LoopbackPair()) {
      long pinnedByThePair = pinnedKilobytes();
      try (MemoryDomain domain = new MemoryDomain(pair.domain);
          var allocator = new RegisteredByteBufAllocator(domain, config)) {
        ByteBuf lost = allocator.directBuffer(SLAB);
        MemoryRegion region = allocator.regionOf(lost);
        assertNotNull(region);
        int number = ibv_mr.handle(region.handle);
        // The kernel knows no region of this number, so the library cannot deregister it.
        ibv_mr.handle(region.handle, -1);
        lost.release();
        assertEquals(0, allocator.trim(), "nothing is given back");
        assertFalse(region.isOpen());
        assertTrue(region.memory().scope().isAlive(), "the device may still write to it");
        expect(allocator, SLAB, 0, 1);

        ByteBuf one = allocator.directBuffer(SLAB);
        ByteBuf two = allocator.directBuffer(SLAB);
        expect(allocator, 3 * SLAB, 2 * SLAB, 3);
        shouldArrive(pair, allocator, one);
        var refusal =
            assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(SLAB));
        assertEquals(3 * SLAB, refusal.registeredBytes(), "it counts against the ceiling");
        assertEquals(2 * SLAB, refusal.usedBytes());
        assertEquals(1, allocator.metrics().refusals());

        one.release();
        two.release();
        assertEquals(2 * SLAB, allocator.trim());
        expect(allocator, SLAB, 0, 3);
        assertEquals(pinnedByThePair + SLAB / 1024, pinnedKilobytes(), "but for the lost one");

        ibv_mr.handle(region.handle, number);
        pair.domain.close();
        assertFalse(region.memory().scope().isAlive(), "it was tried again");
      }
    }
    assertEquals(pinned, pinnedKilobytes());
  }

  @Test
  void shouldGoOnWithWhatItHasWhenTheDeviceIsGone() throws IOException {
    long pinned = pinnedKilobytes();
    try (LoopbackPair pair = new LoopbackPair();
        MemoryDomain domain = new MemoryDomain(pair.domain);
        var allocator = new RegisteredByteBufAllocator(domain, config)) {
      ByteBuf buffer = allocator.directBuffer(SLAB).writeLong(42);
      MemoryRegion region = allocator.regionOf(buffer);
      assertNotNull(region);
      // What a program does on DEVICE_FATAL.
      pair.context.close();
      assertEquals(pinned, pinnedKilobytes());
      assertFalse(region.isOpen());
      assertEquals(42, buffer.readLong(), "buffers are memory still");
      var refusal =
          assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(SLAB));
      assertTrue(refusal.getMessage().contains("closed"), refusal.getMessage());
      assertTrue(refusal.getMessage().contains(Cause.DEVICE_GONE.cure()), refusal.getMessage());
      expect(allocator, SLAB, SLAB, 1);
      buffer.release();
      ByteBuf again = allocator.directBuffer(SLAB).writeLong(43);
      assertEquals(43, again.readLong());
      again.release();
      assertEquals(SLAB, allocator.trim());
      expect(allocator, 0, 0, 1);
      assertFalse(region.memory().scope().isAlive());
    }
  }

  /** What is written to a log may be written into buffers first. */
  @Test
  @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldLetTheLogAllocateThatTellsOfALostSlab() throws IOException {
    PrintStream realErrors = System.err;
    try (LoopbackPair pair = new LoopbackPair();
        MemoryDomain domain = new MemoryDomain(pair.domain);
        var allocator = new RegisteredByteBufAllocator(domain, config.withCeiling(SLAB))) {
      ByteBuf lost = allocator.directBuffer(SLAB);
      MemoryRegion region = allocator.regionOf(lost);
      assertNotNull(region);
      int number = ibv_mr.handle(region.handle);
      ibv_mr.handle(region.handle, -1);
      lost.release();
      var refused = new AtomicInteger();
      System.setErr(
          new PrintStream(
              new OutputStream() {
                @Override
                public void write(int each) {
                  // The lost slab is all that there may be.
                  assertThrows(
                      OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(100));
                  refused.incrementAndGet();
                }
              },
              true,
              StandardCharsets.UTF_8));
      try {
        assertEquals(0, allocator.trim());
      } finally {
        System.setErr(realErrors);
        ibv_mr.handle(region.handle, number);
      }
      assertTrue(refused.get() > 0, "nothing was logged");
    }
  }

  @Test
  void shouldKeepTheMemoryOfBuffersInUseWhenTheDomainIsClosed() throws IOException {
    long pinned = pinnedKilobytes();
    try (LoopbackPair pair = new LoopbackPair()) {
      long pinnedByThePair = pinnedKilobytes();
      var domain = new MemoryDomain(pair.domain);
      var allocator = new RegisteredByteBufAllocator(domain, config);
      ByteBuf buffer = allocator.directBuffer(SLAB).writeLong(42);
      MemoryRegion region = allocator.regionOf(buffer);
      assertNotNull(region);
      domain.close();
      assertFalse(region.isOpen());
      assertEquals(pinnedByThePair, pinnedKilobytes(), "no adapter reaches it");
      assertEquals(42, buffer.readLong());
      assertThrows(IllegalStateException.class, () -> allocator.directBuffer(SLAB));
      buffer.release();
      assertEquals(0, allocator.metrics().registeredBytes());
      assertFalse(region.memory().scope().isAlive());
    }
    assertEquals(pinned, pinnedKilobytes());
  }

  @Test
  void shouldTellOfAllMemoryThatTheDeviceDoesNotLetGoOf() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      var domain = new MemoryDomain(pair.domain);
      List<MemoryRegion> regions = new ArrayList<>();
      List<Integer> numbers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        MemoryRegion region = domain.allocate(SLAB).region();
        assertNotNull(region);
        regions.add(region);
        numbers.add(ibv_mr.handle(region.handle));
        ibv_mr.handle(region.handle, -1);
      }
      var failure = assertThrows(IllegalStateException.class, domain::close);
      assertEquals(1, failure.getSuppressed().length, "the other one");
      for (int i = 0; i < 2; i++) {
        ibv_mr.handle(regions.get(i).handle, numbers.get(i));
      }
      pair.domain.close();
      regions.forEach(each -> assertFalse(each.memory().scope().isAlive(), "it was tried again"));
    }
  }

  private static void expect(
      RegisteredByteBufAllocator allocator, long registered, long used, long registrations) {
    BufferPoolMetrics metrics = allocator.metrics();
    assertEquals(registered, metrics.registeredBytes(), metrics::toString);
    assertEquals(used, metrics.usedBytes(), metrics::toString);
    assertEquals(registrations, metrics.registrations(), metrics::toString);
  }

  private static void shouldArrive(
      LoopbackPair pair, RegisteredByteBufAllocator allocator, ByteBuf buffer)
      throws VerbsException {
    buffer.writeCharSequence("usable", StandardCharsets.US_ASCII);
    MemoryRegion region = allocator.regionOf(buffer);
    assertNotNull(region);
    assertNotEquals(0, region.lkey());
    long offset = buffer.memoryAddress() - region.address();
    SendBatch sends = pair.leftPair.sends().signaled();
    sends.write(1, region, offset, 6, pair.right.address(), pair.right.rkey());
    assertTrue(sends.submit());
    assertTrue(pair.leftDone().succeeded());
    assertEquals("usable", LoopbackPair.get(pair.right, 0, 6));
  }

  /** What this process has pinned, by the kernel's count. */
  private static long pinnedKilobytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmPin:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
