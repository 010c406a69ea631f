package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryEventsTest {
  private static final int SLAB = 1 << 20;

  @TempDir private Path folder;

  @Test
  void shouldRecordSlabsAndRefusals() throws IOException {
    Path file = folder.resolve("memory.jfr");
    try (var recording = new Recording();
        var domain = new MemoryDomain(null);
        var allocator =
            new RegisteredByteBufAllocator(
                domain, BufferPoolConfig.defaults().withSlabs(SLAB, SLAB).withCeiling(SLAB))) {
      recording.enable("io.verbena.Slab");
      recording.enable("io.verbena.Refusal");
      recording.start();
      ByteBuf buffer = allocator.directBuffer(SLAB);
      assertThrows(OutOfRegisteredMemoryException.class, () -> allocator.directBuffer(SLAB));
      buffer.release();
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    RecordedEvent slab = only(events, "io.verbena.Slab");
    assertEquals(SLAB, slab.getLong("length"));
    assertEquals(SLAB, slab.getLong("poolBytes"));
    assertFalse(slab.getBoolean("registered"), "there is no adapter");
    assertTrue(slab.getDuration().isPositive());
    RecordedEvent refusal = only(events, "io.verbena.Refusal");
    assertEquals(SLAB, refusal.getLong("requestedBytes"));
    assertEquals(SLAB, refusal.getLong("ceilingBytes"));
    assertEquals(SLAB, refusal.getLong("usedBytes"));
    assertTrue(refusal.getString("reason").contains("ceilingBytes"));
  }

  @Test
  void shouldRecordRefusedGrowthThatFreeMemoryMadeUpFor() throws IOException {
    Path file = folder.resolve("growth.jfr");
    try (var recording = new Recording();
        var domain = new MemoryDomain(null);
        var allocator =
            new RegisteredByteBufAllocator(
                domain, BufferPoolConfig.defaults().withSlabs(SLAB, SLAB).withCeiling(SLAB))) {
      recording.enable("io.verbena.RefusedGrowth");
      recording.enable("io.verbena.Refusal");
      recording.start();
      allocator.directBuffer(1000).release();
      allocator.directBuffer(SLAB).release();
      assertEquals(1, allocator.metrics().refusedGrowth());
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    assertTrue(
        events.stream()
            .noneMatch(each -> each.getEventType().getName().equals("io.verbena.Refusal")));
    RecordedEvent growth = only(events, "io.verbena.RefusedGrowth");
    assertEquals(SLAB, growth.getLong("neededBytes"));
    assertEquals(SLAB, growth.getLong("poolBytes"));
    assertEquals(SLAB, growth.getLong("ceilingBytes"));
    assertEquals("the ceiling", growth.getString("reason"));
  }

  private static RecordedEvent only(List<RecordedEvent> events, String name) {
    List<RecordedEvent> found =
        events.stream().filter(each -> each.getEventType().getName().equals(name)).toList();
    assertEquals(1, found.size(), name);
    return found.getFirst();
  }
}
