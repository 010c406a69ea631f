package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.RdmaTest;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.OutOfRegisteredMemoryException;
import io.verbena.memory.RegisteredByteBufAllocator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Buffers that a connected peer may read, and no more than that. */
@RdmaTest
class PeerReadableBuffersTest {
  private static final int SLAB = 1 << 20;
  private static final BufferPoolConfig CONFIG =
      BufferPoolConfig.defaults().withSlabs(SLAB, SLAB).withCeiling(4 * SLAB);

  @TempDir private Path folder;

  @Test
  void shouldBeReadByThePeerAndNotWritten() throws IOException {
    try (var pair = new LoopbackPair();
        var allocator = RegisteredByteBufAllocator.readableByPeers(pair.domain, CONFIG)) {
      ByteBuf buffer = allocator.directBuffer(64);
      buffer.writeCharSequence("to be pulled", StandardCharsets.US_ASCII);
      MemoryRegion region = allocator.regionOf(buffer);
      assertNotNull(region);
      SendBatch sends = pair.leftPair.sends().signaled();
      sends.read(1, pair.left, 0, 12, buffer.memoryAddress(), region.rkey());
      assertTrue(sends.submit());
      assertTrue(pair.leftDone().succeeded());
      assertEquals("to be pulled", LoopbackPair.get(pair.left, 0, 12));

      LoopbackPair.put(pair.left, 0, "overwritten!");
      sends.signaled().write(2, pair.left, 0, 12, buffer.memoryAddress(), region.rkey());
      assertTrue(sends.submit());
      assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, pair.leftDone().status());
      assertEquals("to be pulled", buffer.toString(StandardCharsets.US_ASCII));
      buffer.release();
    }
  }

  @Test
  void shouldStayMemoryWhenTheProtectionDomainIsClosedBefore() throws IOException {
    try (var pair = new LoopbackPair()) {
      var allocator = RegisteredByteBufAllocator.readableByPeers(pair.domain, CONFIG);
      ByteBuf buffer = allocator.directBuffer(SLAB).writeLong(42);
      pair.domain.close();
      assertEquals(42, buffer.getLong(0));
      assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(SLAB));
      allocator.close();
      assertEquals(42, buffer.getLong(0), "also after the allocator's close");
      buffer.release();
      assertEquals(0, allocator.metrics().registeredBytes());
    }
  }

  @Test
  void shouldTellTheFlightRecorderOfSlabsAndRefusals() throws IOException {
    Path file = folder.resolve("memory.jfr");
    try (var pair = new LoopbackPair();
        var recording = new Recording()) {
      recording.enable("io.verbena.Slab");
      recording.enable("io.verbena.RefusedGrowth");
      recording.enable("io.verbena.Refusal");
      recording.start();
      var allocator = RegisteredByteBufAllocator.readableByPeers(pair.domain, CONFIG);
      ByteBuf buffer = allocator.directBuffer(SLAB);
      pair.domain.close();
      assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(SLAB));
      buffer.release();
      allocator.close();
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    assertEquals(
        List.of("io.verbena.Slab", "io.verbena.RefusedGrowth", "io.verbena.Refusal"),
        events.stream().map(each -> each.getEventType().getName()).toList(),
        events::toString);
    RecordedEvent slab = events.getFirst();
    assertTrue(slab.getBoolean("registered"));
    assertEquals(SLAB, slab.getLong("length"));
    RecordedEvent refusal = events.getLast();
    assertEquals(SLAB, refusal.getLong("requestedBytes"));
    assertEquals(SLAB, refusal.getLong("poolBytes"));
    assertEquals(4 * SLAB, refusal.getLong("ceilingBytes"));
    assertTrue(refusal.getString("reason").contains("closed"), refusal.getString("reason"));
  }
}
